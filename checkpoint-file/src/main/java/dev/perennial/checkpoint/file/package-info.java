/** Checkpoints in a directory of the local file system. */
@NullMarked
package dev.perennial.checkpoint.file;

import org.jspecify.annotations.NullMarked;
