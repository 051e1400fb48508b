@NullMarked
package dev.perennial.examples;

import org.jspecify.annotations.NullMarked;
