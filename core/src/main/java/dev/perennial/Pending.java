package dev.perennial;

import org.jspecify.annotations.Nullable;

/**
 * What a stream waits for on its way to a connection, for errors.
 *
 * @param what to be put behind "waits for"
 * @param lastError the last error of that; null if there was none, or it succeeded since
 */
record Pending(String what, @Nullable Throwable lastError) {}
