/**
 * Open channels: what receives, sends, pings and closes one after the handshake. How a channel
 * comes to be open belongs to the package {@code open}.
 */
@NullMarked
package dev.perennial.transport.netty.internal.channel;

import org.jspecify.annotations.NullMarked;
