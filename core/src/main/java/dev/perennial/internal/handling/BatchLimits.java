package dev.perennial.internal.handling;

import java.time.Duration;

/**
 * How large a batch becomes.
 *
 * @param max how many events at most
 * @param linger how long to wait for more events after the first
 */
record BatchLimits(int max, Duration linger) {}
