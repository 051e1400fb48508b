/**
 * The targets of channels: WebSocket URIs, proxies and the lookup of host names. Connecting to an
 * address belongs to the package {@code open}.
 */
@NullMarked
package dev.perennial.transport.netty.internal.address;

import org.jspecify.annotations.NullMarked;
