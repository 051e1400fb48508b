/**
 * Open channels: receiving, sending, pings and closing after the handshake. Opening a channel
 * belongs to the package {@code open}.
 */
@NullMarked
package dev.perennial.transport.netty.internal.channel;

import org.jspecify.annotations.NullMarked;
