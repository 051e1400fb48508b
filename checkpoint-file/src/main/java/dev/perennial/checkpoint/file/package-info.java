/**
 * The checkpoint store that keeps checkpoints in a directory of the local file system. What it is
 * made of is in {@code internal}.
 */
@NullMarked
package dev.perennial.checkpoint.file;

import org.jspecify.annotations.NullMarked;
