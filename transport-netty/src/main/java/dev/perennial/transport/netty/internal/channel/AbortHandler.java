package dev.perennial.transport.netty.internal.channel;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * Stands next to the socket, before proxy and TLS: closing from here waits for neither of them, so
 * that a peer that does not read cannot hold it up.
 */
public final class AbortHandler extends ChannelInboundHandlerAdapter {

  private volatile @Nullable ChannelHandlerContext edge;

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    edge = ctx;
  }

  /** Closes the socket now. From any thread; does not wait. */
  public void abort(Channel channel) {
    ChannelHandlerContext ctx = edge;
    if (ctx == null || ctx.isRemoved()) {
      channel.close();
    } else {
      ctx.close();
    }
  }
}
