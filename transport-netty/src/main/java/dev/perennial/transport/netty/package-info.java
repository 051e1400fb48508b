/** WebSocket transport on Netty. */
@NullMarked
package dev.perennial.transport.netty;

import org.jspecify.annotations.NullMarked;
