/** The command line, the demo and the examples that the documentation shows. */
@NullMarked
package dev.perennial.examples;

import org.jspecify.annotations.NullMarked;
