/**
 * A custom source: the lines of a file that grows. Begin with {@link
 * dev.perennial.examples.lines.LineSource}.
 */
@NullMarked
package dev.perennial.examples.lines;

import org.jspecify.annotations.NullMarked;
