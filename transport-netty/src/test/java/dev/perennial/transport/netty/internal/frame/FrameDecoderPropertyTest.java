package dev.perennial.transport.netty.internal.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class FrameDecoderPropertyTest {

  private static final int LIMIT = 300;

  @Property
  void anySplitOfAValidStreamGivesTheSameMessages(
      @ForAll("streams") List<byte[]> frames, @ForAll Random random) {
    byte[] bytes = Frames.all(frames.toArray(byte[][]::new));
    List<String> whole = Decoding.of(LIMIT, bytes);
    assertThat(whole).noneMatch(seen -> seen.startsWith("fail"));
    assertThat(Decoding.of(LIMIT, split(bytes, random))).isEqualTo(whole);
    assertThat(Decoding.byteByByte(LIMIT, bytes)).isEqualTo(whole);
  }

  @Property
  void anySplitOfADamagedStreamGivesTheSameMessagesAndFailure(
      @ForAll("streams") List<byte[]> frames, @ForAll Random random) {
    byte[] bytes = Frames.all(frames.toArray(byte[][]::new));
    for (int i = 0; i < 3 && bytes.length > 0; i++) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    List<String> whole = Decoding.of(LIMIT, bytes);
    assertThat(Decoding.of(LIMIT, split(bytes, random))).isEqualTo(whole);
    assertThat(Decoding.byteByByte(LIMIT, bytes)).isEqualTo(whole);
  }

  @Property
  void anySplitOfGarbageGivesTheSame(@ForAll byte[] bytes, @ForAll Random random) {
    List<String> whole = Decoding.of(LIMIT, bytes);
    assertThat(Decoding.of(LIMIT, split(bytes, random))).isEqualTo(whole);
    assertThat(Decoding.byteByByte(LIMIT, bytes)).isEqualTo(whole);
  }

  private static byte[][] split(byte[] bytes, Random random) {
    List<byte[]> pieces = new ArrayList<>();
    int from = 0;
    while (from < bytes.length) {
      int to = Math.min(bytes.length, from + 1 + random.nextInt(random.nextBoolean() ? 3 : 200));
      pieces.add(Arrays.copyOfRange(bytes, from, to));
      from = to;
    }
    return pieces.toArray(byte[][]::new);
  }

  /** Whole messages, fragmented ones with control frames in between, and some over the limit. */
  @Provide
  Arbitrary<List<byte[]>> streams() {
    Arbitrary<byte[]> text =
        Arbitraries.strings()
            .withChars("abcdefghijklmnopqrstuvwxyz")
            .withChars("äß€語")
            .ofMaxLength(150)
            .map(Frames::utf8);
    Arbitrary<byte[]> longText =
        Arbitraries.integers().between(250, 9000).map(size -> Frames.repeat('x', size));
    Arbitrary<byte[]> binary = Arbitraries.bytes().array(byte[].class).ofMaxSize(200);
    Arbitrary<byte[]> control =
        Arbitraries.bytes()
            .array(byte[].class)
            .ofMaxSize(125)
            .flatMap(p -> Arbitraries.of(Frames.ping(p), Frames.pong(p)));
    Arbitrary<byte[]> fragmented =
        Arbitraries.oneOf(text, longText)
            .flatMap(payload ->
                Arbitraries.integers()
                    .between(1, 200)
                    .flatMap(size -> control.map(between -> interleaved(payload, size, between))));
    return Arbitraries.oneOf(
            text.map(Frames::text),
            longText.map(Frames::text),
            binary.map(Frames::binary),
            control,
            fragmented)
        .list()
        .ofMaxSize(8);
  }

  private static byte[] interleaved(byte[] payload, int size, byte[] between) {
    List<byte[]> frames = new ArrayList<>();
    for (int from = 0; ; from += size) {
      int to = Math.min(payload.length, from + size);
      int fin = to == payload.length ? Frames.FIN : 0;
      int opcode = from == 0 ? Opcode.TEXT : Opcode.CONTINUATION;
      frames.add(Frames.frame(fin | opcode, Arrays.copyOfRange(payload, from, to)));
      if (fin != 0) {
        return Frames.all(frames.toArray(byte[][]::new));
      }
      frames.add(between);
    }
  }
}
