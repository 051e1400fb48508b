package dev.perennial.transport.netty.internal.channel;

import io.netty.handler.codec.DecoderException;

/** Looks behind Netty's wrappers. */
public final class NettyErrors {

  private NettyErrors() {}

  public static Throwable unwrapped(Throwable error) {
    Throwable cause = error.getCause();
    return error instanceof DecoderException && cause != null ? cause : error;
  }
}
