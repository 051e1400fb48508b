@NullMarked
package dev.perennial.examples.lines;

import org.jspecify.annotations.NullMarked;
