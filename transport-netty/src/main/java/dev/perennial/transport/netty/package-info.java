/**
 * WebSocket transport on Netty: what applications use to make one. Its parts belong to the internal
 * packages.
 */
@NullMarked
package dev.perennial.transport.netty;

import org.jspecify.annotations.NullMarked;
