package dev.perennial.transport.netty;

import io.netty.handler.codec.DecoderException;

/** Looks behind Netty's wrappers. */
final class NettyErrors {

  private NettyErrors() {}

  static Throwable unwrapped(Throwable error) {
    Throwable cause = error.getCause();
    return error instanceof DecoderException && cause != null ? cause : error;
  }
}
