/**
 * Acks over several connections, and the idle timeout of one. Decoding what a connection receives
 * belongs to the package {@code dev.perennial.source.tap}.
 */
@NullMarked
package dev.perennial.source.tap.internal.connection;

import org.jspecify.annotations.NullMarked;
