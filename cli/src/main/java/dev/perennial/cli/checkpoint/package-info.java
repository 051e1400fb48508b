/** The commands that look at checkpoints, and where checkpoints are. */
@NullMarked
package dev.perennial.cli.checkpoint;

import org.jspecify.annotations.NullMarked;
