/** Checkpoints in Redis: one hash for each stream id, and claims that run out. */
@NullMarked
package dev.perennial.checkpoint.redis;

import org.jspecify.annotations.NullMarked;
