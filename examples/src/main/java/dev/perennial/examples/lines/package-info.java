/**
 * A source of one's own: the lines of a file that grows, with the checkpoint in a file beside it.
 * {@link dev.perennial.examples.lines.LineSource} is where to begin.
 */
@NullMarked
package dev.perennial.examples.lines;

import org.jspecify.annotations.NullMarked;
