/**
 * The parts of the Redis store: the connection, the scripts, claims and their renewal. What
 * applications call stays in the package above.
 */
@NullMarked
package dev.perennial.checkpoint.redis.internal;

import org.jspecify.annotations.NullMarked;
