/** The commands that list, show, copy and delete checkpoints, and the locations of checkpoints. */
@NullMarked
package dev.perennial.cli.checkpoint;

import org.jspecify.annotations.NullMarked;
