/**
 * WebSocket frames and messages, decoded and encoded as RFC 6455 defines them. The reaction to them
 * belongs to the package {@code channel}.
 */
@NullMarked
package dev.perennial.transport.netty.internal.frame;

import org.jspecify.annotations.NullMarked;
