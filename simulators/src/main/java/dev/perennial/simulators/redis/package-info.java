/**
 * Real Redis servers, as local processes that tests and demos start, stop, pause and kill. What a
 * checkpoint store does with them does not belong here.
 */
@NullMarked
package dev.perennial.simulators.redis;

import org.jspecify.annotations.NullMarked;
