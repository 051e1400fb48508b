package dev.perennial.simulators.tap;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A client's WebSocket connection. Used on the simulator's thread only. */
final class ClientConnection extends ChannelInboundHandlerAdapter implements ClientFrames.Sink {

  private static final int CHUNK_BYTES = 64 * 1024;

  private final ServerProcess process;
  private final ClientFrames frames = new ClientFrames(this);

  @SuppressWarnings("NullAway.Init") // by handlerAdded, before anything else is called
  private ChannelHandlerContext context;

  /** The events encoded since the last write, if a write acks them. */
  private List<OutboxRow> unconfirmed = new ArrayList<>();

  private boolean stalled;

  /** A close frame was sent, and nothing may follow it. */
  private boolean closing;

  /** The connection is being closed, and the client's messages are ignored. */
  private boolean ended;

  ClientConnection(ServerProcess process) {
    this.process = process;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    process.opened(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    try {
      if (!ended) {
        frames.read(bytes);
      }
    } catch (ClientFrames.ProtocolError e) {
      if (!ended) {
        startClose(CloseCodes.PROTOCOL_ERROR, String.valueOf(e.getMessage()));
        end(false);
      }
    } finally {
      bytes.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    ctx.flush();
    process.schedulePump();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      process.schedulePump();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ended = true;
    process.closed(this);
  }

  /** Closes a connection that broke, as the server does. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    end(false);
  }

  @Override
  public void message(boolean text, byte[] payload, int length) {
    if (ended) {
      return;
    }
    process.state().observations().message(new ClientMessage(text, Arrays.copyOf(payload, length)));
    try {
      AckParser.parse(payload, length, process::ack);
    } catch (AckParser.Unreadable e) {
      end(false);
    }
  }

  @Override
  public void ping(byte[] payload) {
    if (!ended) {
      process.state().observations().ping();
      sendFrame(Frames.PONG, payload);
    }
  }

  @Override
  public void pong(byte[] payload) {
    process.state().observations().pong();
  }

  /** Answers a close frame with its code and no reason, and closes. */
  @Override
  public void close(int code, String reason) {
    if (!ended) {
      process.state().observations().closeCode(code);
      startClose(code, "");
      end(false);
    }
  }

  /** Whether events may be written. */
  boolean writable() {
    return !stalled && !closing && !ended && context.channel().isWritable();
  }

  ByteBuf buffer(int size) {
    return context.alloc().buffer(size);
  }

  /** Encodes an event into a buffer that is written next. */
  void encode(OutboxRow row, ByteBuf buffer) {
    int fragmentSize = process.state().fragmentSize();
    if (fragmentSize > 0) {
      Frames.writeFragmented(buffer, row.data(), fragmentSize);
    } else {
      Frames.write(buffer, Frames.TEXT, row.data());
    }
    row.record().noteWritten();
    if (process.acksOnWrite()) {
      unconfirmed.add(row);
    }
  }

  /** Writes what was encoded. */
  void write(ByteBuf buffer) {
    if (!buffer.isReadable()) {
      buffer.release();
      return;
    }
    List<OutboxRow> rows = unconfirmed;
    unconfirmed = new ArrayList<>();
    context
        .writeAndFlush(buffer)
        .addListener(future -> {
          if (future.isSuccess() && !rows.isEmpty()) {
            process.acknowledgeWritten(rows);
          }
        });
  }

  /** Sends bytes unchanged, whether they are frames or not. */
  void send(ByteBuf bytes) {
    if (stalled || closing || ended) {
      bytes.release();
      return;
    }
    context.writeAndFlush(bytes);
  }

  /** Sends one frame. */
  void sendFrame(int opcode, byte[] payload) {
    ByteBuf out = context.alloc().buffer();
    Frames.write(out, opcode, payload);
    send(out);
  }

  /** Sends a text message of any size, made of one letter. */
  void sendFiller(long size) {
    ByteBuf header = context.alloc().buffer();
    Frames.header(header, Frames.TEXT, size);
    send(header);
    byte[] letters = new byte[CHUNK_BYTES];
    Arrays.fill(letters, (byte) 'x');
    for (long left = size; left > 0; left -= CHUNK_BYTES) {
      send(Unpooled.wrappedBuffer(letters, 0, (int) Math.min(left, CHUNK_BYTES)));
    }
  }

  /** Sends a close frame, after which the client is to close. */
  void startClose(int code, String reason) {
    ByteBuf out = context.alloc().buffer();
    try {
      Frames.writeClose(out, code, reason);
      send(out.retain());
    } finally {
      out.release();
    }
    closing = true;
  }

  /** Closes the connection without a close frame. */
  void end(boolean reset) {
    ended = true;
    ServerProcess.close(context.channel(), reset);
  }

  /** Stops reading and writing; the connection stays open. */
  void stall() {
    stalled = true;
    context.channel().config().setAutoRead(false);
  }

  /** Ends a {@link #stall()}. */
  void resume() {
    stalled = false;
    context.channel().config().setAutoRead(true);
    process.schedulePump();
  }
}
