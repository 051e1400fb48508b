@NullMarked
package dev.perennial.examples.cli;

import org.jspecify.annotations.NullMarked;
