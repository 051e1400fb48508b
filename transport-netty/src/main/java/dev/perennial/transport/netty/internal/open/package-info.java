/**
 * One attempt to open a channel: connecting, the proxy's tunnel, TLS and the WebSocket handshake.
 * The order of addresses belongs to {@code NettyTransport}.
 */
@NullMarked
package dev.perennial.transport.netty.internal.open;

import org.jspecify.annotations.NullMarked;
