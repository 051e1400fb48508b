/**
 * WebSocket frames and messages as RFC 6455 defines them, read and written. What is done about them
 * belongs to the package {@code channel}.
 */
@NullMarked
package dev.perennial.transport.netty.internal.frame;

import org.jspecify.annotations.NullMarked;
