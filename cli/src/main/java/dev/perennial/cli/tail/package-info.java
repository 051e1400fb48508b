/** The commands that print the events of a stream, and their messages. */
@NullMarked
package dev.perennial.cli.tail;

import org.jspecify.annotations.NullMarked;
