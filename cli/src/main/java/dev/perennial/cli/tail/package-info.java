/** The commands that print the events of a stream. */
@NullMarked
package dev.perennial.cli.tail;

import org.jspecify.annotations.NullMarked;
