/**
 * Real Redis servers, as processes of this machine that tests and demos start, stop, pause and
 * kill.
 */
@NullMarked
package dev.perennial.simulators.redis;

import org.jspecify.annotations.NullMarked;
