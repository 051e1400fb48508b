/**
 * Dead letters in the files of a directory: the sink that writes them, and the source that reads
 * them. What they are made of is in {@code internal}.
 */
@NullMarked
package dev.perennial.deadletter.file;

import org.jspecify.annotations.NullMarked;
