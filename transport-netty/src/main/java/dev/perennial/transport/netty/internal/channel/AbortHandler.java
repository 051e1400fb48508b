package dev.perennial.transport.netty.internal.channel;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * A handler that closes the socket at once. It is next to the socket in the pipeline, before proxy
 * and TLS, so a peer that does not read cannot delay the close.
 */
public final class AbortHandler extends ChannelInboundHandlerAdapter {

  private volatile @Nullable ChannelHandlerContext context;

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  /** Closes the socket at once. Does not wait. Any thread may call it. */
  public void abort(Channel channel) {
    ChannelHandlerContext ctx = context;
    if (ctx == null || ctx.isRemoved()) {
      channel.close();
    } else {
      ctx.close();
    }
  }
}
