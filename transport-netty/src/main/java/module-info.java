/** WebSocket connections on Netty. */
// Netty 4.1 has automatic names only, which are those of the modules of Netty 4.2.
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module dev.perennial.transport.netty {
  requires transitive dev.perennial;
  requires transitive io.netty.handler;
  requires transitive io.netty.transport;
  requires static transitive org.jspecify;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.common;
  requires io.netty.handler.proxy;

  exports dev.perennial.transport.netty;
}
