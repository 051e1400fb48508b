package dev.perennial.transport.netty.internal.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.StreamRuntime;
import dev.perennial.transport.netty.internal.frame.ClosePayload;
import dev.perennial.transport.netty.internal.frame.Frames;
import dev.perennial.transport.netty.internal.frame.MaskKeyGenerator;
import dev.perennial.transport.netty.internal.frame.Opcode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How messages are put together, on a channel whose event loop runs when the test says so. */
class OutboundQueueTest {

  /** Keeps writes and their promises, as a socket does that takes nothing. */
  private static final class Holder extends ChannelOutboundHandlerAdapter {
    private final List<ChannelPromise> promises = new ArrayList<>();
    private int flushes;
    private boolean holds;

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
      if (holds) {
        promises.add(promise);
        ((ByteBuf) message).release();
      } else {
        ctx.write(message, promise);
      }
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
      flushes++;
      ctx.flush();
    }
  }

  private final Holder holder = new Holder();
  private final EmbeddedChannel socket =
      new EmbeddedChannel(holder, new ChannelInboundHandlerAdapter());
  private final OutboundQueue outbound =
      new OutboundQueue(socket, new MaskKeyGenerator(), StreamRuntime.system());

  @AfterEach
  void release() {
    socket.finishAndReleaseAll();
  }

  private int written() {
    int buffers = 0;
    for (ByteBuf out = socket.readOutbound(); out != null; out = socket.readOutbound()) {
      buffers++;
      out.release();
    }
    return buffers;
  }

  @Test
  void whatWasSentBeforeTheEventLoopGotToItIsOneBufferAndOneFlush() {
    for (int i = 0; i < 1000; i++) {
      outbound.send(Frames.utf8("{\"type\":\"ack\",\"id\":" + i + "}"));
    }
    assertThat(outbound.unsent()).isEqualTo(1000);
    outbound.drain();
    assertThat(written()).isEqualTo(1);
    assertThat(holder.flushes).isEqualTo(1);
    assertThat(outbound.unsent()).isZero();
  }

  @Test
  void whatIsSentAfterNothingWasLeftIsWritten() {
    for (int i = 1; i <= 3; i++) {
      outbound.drain();
      outbound.send(Frames.utf8("a"));
      outbound.drain();
      assertThat(written()).isEqualTo(1);
    }
    assertThat(outbound.unsent()).isZero();
  }

  @Test
  void buffersStaySmall() {
    for (int i = 0; i < 100; i++) {
      outbound.send(new byte[10_000]);
    }
    outbound.drain();
    socket.runPendingTasks();
    // Seven of them are the first to go over 64 KiB.
    assertThat(written()).isEqualTo(15);
    assertThat(outbound.unsent()).isZero();
  }

  @Test
  void onlyWhatTheSocketTookCountsAsSent() {
    holder.holds = true;
    outbound.send(Frames.utf8("a"));
    outbound.send(Frames.utf8("b"));
    outbound.drain();
    outbound.send(Frames.utf8("c"));
    outbound.drain();
    assertThat(holder.promises).hasSize(2);
    assertThat(outbound.unsent()).isEqualTo(3);
    holder.promises.get(0).setSuccess();
    assertThat(outbound.unsent()).isEqualTo(1);
    holder.promises.get(1).setFailure(new java.io.IOException("gone"));
    assertThat(outbound.unsent()).isEqualTo(1);
    outbound.abandon();
    outbound.send(Frames.utf8("d"));
    assertThat(outbound.unsent()).isEqualTo(2);
  }

  @Test
  void aLongMessageIsSentWhenItsLastPieceIs() {
    holder.holds = true;
    outbound.send(new byte[150_000]);
    outbound.drain();
    assertThat(holder.promises).hasSize(3);
    holder.promises.get(0).setSuccess();
    holder.promises.get(1).setSuccess();
    assertThat(outbound.unsent()).isEqualTo(1);
    assertThat(outbound.writesDone()).isEqualTo(2);
    holder.promises.get(2).setSuccess();
    assertThat(outbound.unsent()).isZero();
  }

  @Test
  void afterTheCloseFrameNothingIsWritten() {
    outbound.send(Frames.utf8("before"));
    outbound.finish(ClosePayload.of(1000, ""));
    outbound.send(Frames.utf8("after"));
    outbound.drain();
    socket.runPendingTasks();
    assertThat(written()).isEqualTo(2);
    assertThat(outbound.unsent()).isEqualTo(1);
  }

  /** More than is written in one go, so that there is time to send more before all of it is. */
  @Test
  void whatIsSentAfterTheCloseFrameDoesNotDelayIt() {
    for (int i = 0; i < 6; i++) {
      outbound.send(new byte[64 * 1024]);
    }
    outbound.finish(ClosePayload.of(1000, ""));
    for (int i = 0; i < 10; i++) {
      outbound.send(Frames.utf8("late"));
      outbound.send(new byte[64 * 1024]);
    }
    socket.runPendingTasks();
    assertThat(outbound.unsent()).isEqualTo(20);
    ByteBuf last = Unpooled.EMPTY_BUFFER;
    for (ByteBuf out = socket.readOutbound(); out != null; out = socket.readOutbound()) {
      last.release();
      last = out;
    }
    assertThat(last.getUnsignedByte(0)).isEqualTo((short) (Frames.FIN | Opcode.CLOSE));
    last.release();
  }

  @Test
  void theCloseFrameIsAFrameOfItsOwnBehindShortMessages() {
    for (int i = 0; i < 3; i++) {
      outbound.send(Frames.utf8("short"));
    }
    assertThat(outbound.finish(ClosePayload.of(1000, "")).isSuccess()).isTrue();
    assertThat(outbound.unsent()).isZero();
    assertThat(written()).isEqualTo(2);
  }
}
