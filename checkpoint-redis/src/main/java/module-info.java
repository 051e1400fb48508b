/** Checkpoints in Redis. */
// Lettuce has an automatic name only, and so has Netty 4.1.
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module dev.perennial.checkpoint.redis {
  requires transitive dev.perennial;
  requires transitive lettuce.core;
  requires static transitive org.jspecify;

  // Lettuce needs these. An automatic module cannot say so.
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.resolver.dns;
  requires io.netty.transport;

  exports dev.perennial.checkpoint.redis;
}
