/**
 * The checkpoint store that keeps checkpoints in Redis, with claims that expire. What it is made of
 * is in {@code internal}.
 */
@NullMarked
package dev.perennial.checkpoint.redis;

import org.jspecify.annotations.NullMarked;
