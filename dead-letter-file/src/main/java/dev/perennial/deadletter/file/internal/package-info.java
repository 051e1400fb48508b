/**
 * The parts of the sink and the source: the directory, its lock, its segments, and the format of a
 * line. What applications call stays in the package above.
 */
@NullMarked
package dev.perennial.deadletter.file.internal;

import org.jspecify.annotations.NullMarked;
