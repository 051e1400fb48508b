package dev.perennial.transport.netty.internal.frame;

import static dev.perennial.transport.netty.internal.frame.Frames.FIN;
import static dev.perennial.transport.netty.internal.frame.Frames.all;
import static dev.perennial.transport.netty.internal.frame.Frames.bytes;
import static dev.perennial.transport.netty.internal.frame.Frames.first;
import static dev.perennial.transport.netty.internal.frame.Frames.last;
import static dev.perennial.transport.netty.internal.frame.Frames.middle;
import static dev.perennial.transport.netty.internal.frame.Frames.ping;
import static dev.perennial.transport.netty.internal.frame.Frames.repeat;
import static dev.perennial.transport.netty.internal.frame.Frames.text;
import static dev.perennial.transport.netty.internal.frame.Frames.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.Message;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What the Autobahn cases leave out: masked frames, lengths in the wrong form, and messages over
 * the limit.
 */
class FrameDecoderTest {

  @Test
  void aMaskedFrameFails() {
    assertThat(Decoding.of(bytes(0x81, 0x81, 1, 2, 3, 4, 'a' ^ 1))).containsExactly("fail 1002");
    assertThat(Decoding.of(bytes(0x89, 0x80, 1, 2, 3, 4))).containsExactly("fail 1002");
  }

  @Test
  void aLengthThatIsNotInItsShortestFormFails() {
    assertThat(Decoding.of(bytes(0x81, 126, 0, 125))).containsExactly("fail 1002");
    assertThat(Decoding.of(bytes(0x81, 127, 0, 0, 0, 0, 0, 0, 0, 5))).containsExactly("fail 1002");
    assertThat(Decoding.of(bytes(0x81, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF)))
        .containsExactly("fail 1002");
  }

  @Test
  void aNegativeLengthFails() {
    assertThat(Decoding.of(bytes(0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0)))
        .containsExactly("fail 1002");
  }

  @Test
  void afterAFailureNothingIsRead() {
    assertThat(Decoding.of(all(text("a"), bytes(0xFF, 0)), text("b"), ping(utf8("c"))))
        .containsExactly("text a", "fail 1002");
  }

  @Test
  void aMessageOfExactlyTheLimitIsHandedOut() {
    assertThat(Decoding.of(5, text("12345"), text("123456"), text("x")))
        .containsExactly("text 12345", "too large 6 123456", "text x");
  }

  @Test
  void ofAMessageOverTheLimitTheFirstFourKibibytesAreKept() {
    byte[] large = all(repeat('a', 4000), repeat('b', 4000));
    String head = "a".repeat(4000) + "b".repeat(96);
    assertThat(Decoding.of(5000, text(large)))
        .containsExactly("too large 8000 4096#" + head.hashCode());
    assertThat(Decoding.of(5000, Frames.fragments(Opcode.TEXT, large, 900)))
        .containsExactly("too large 8000 4096#" + head.hashCode());
  }

  @Test
  void controlFramesAreSeenWhileAMessageIsDiscarded() {
    assertThat(
            Decoding.of(
                3,
                first(Opcode.TEXT, utf8("ab")),
                middle(utf8("cd")),
                ping(utf8("p")),
                last(utf8("e"))))
        .containsExactly("ping 70", "too large 5 abcde");
  }

  @Test
  void whatIsDiscardedIsNotValidated() {
    assertThat(Decoding.of(3, text(bytes(0xFF, 0xFF, 0xFF, 0xFF)), text("ok")))
        .hasSize(2)
        .first()
        .asString()
        .startsWith("too large 4 ");
    assertThat(Decoding.of(3, first(Opcode.TEXT, utf8("ab")), last(bytes(0xC3, 'x')), text("ok")))
        .last()
        .isEqualTo("text ok");
  }

  @Test
  void whatCameBeforeTheFrameThatWentOverIsValidated() {
    assertThat(Decoding.of(3, first(Opcode.TEXT, bytes('a', 0xFF)), last(utf8("cdef"))))
        .containsExactly("fail 1007");
  }

  @Test
  void sizesThatDoNotFitIntoALongAreNotTakenForSmallOnes() throws Exception {
    List<Message> messages = new ArrayList<>();
    MessageAssembler assembler = new MessageAssembler(10);
    assembler.begin(false);
    assembler.frame(Long.MAX_VALUE);
    assembler.frame(Long.MAX_VALUE);
    messages.add(assembler.end());
    assertThat(((Message.TooLarge) messages.get(0)).size()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aHugeAnnouncementAllocatesLittle() throws Exception {
    long before = allocated();
    for (int i = 0; i < 10; i++) {
      Decoding decoding = new Decoding(1 << 30);
      // A message of 2^30 bytes, of which one comes.
      decoding.feed(bytes(0x82, 127, 0, 0, 0, 0, 0x40, 0, 0, 0, 7));
      assertThat(decoding.seen()).isEmpty();
    }
    assertThat(allocated() - before).isLessThan(100L << 20);
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean)
            java.lang.management.ManagementFactory.getThreadMXBean())
        .getThreadAllocatedBytes(Thread.currentThread().getId());
  }

  @Test
  void aMessageOverAMebibyteGrowsToItsSize() {
    byte[] large = repeat('x', (3 << 20) + 17);
    byte[] sent = text(large);
    Decoding decoding = new Decoding(16 << 20);
    for (int from = 0; from < sent.length; from += 65_536) {
      decoding.feed(java.util.Arrays.copyOfRange(sent, from, Math.min(sent.length, from + 65_536)));
    }
    assertThat(decoding.seen()).containsExactly(Decoding.describe(new Message.Text(large)));
  }

  @Test
  void theFirstByteDecidesSoonEnough() throws Exception {
    // A reserved opcode is not worth waiting for the rest of the header.
    ByteBuf in = Unpooled.wrappedBuffer(bytes(FIN | 0x3));
    FrameDecoder decoder = new FrameDecoder(10, new Decoding(10));
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> decoder.decode(in))
        .isInstanceOf(ProtocolViolation.class);
  }
}
