package dev.perennial.transport.netty.internal.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class Utf8ValidatorTest {

  private static boolean jdkAccepts(byte[] bytes) {
    try {
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private static boolean acceptsInPieces(byte[] bytes, Random random) {
    Utf8Validator validator = new Utf8Validator();
    int from = 0;
    while (from < bytes.length) {
      int to = from + 1 + random.nextInt(Math.min(7, bytes.length - from));
      if (!validator.accept(bytes, from, to)) {
        return false;
      }
      from = to;
    }
    return validator.isComplete();
  }

  @Property
  void agreesWithTheJdkOnAnyBytes(@ForAll byte[] bytes, @ForAll Random random) {
    assertThat(Utf8Validator.isValid(bytes)).isEqualTo(jdkAccepts(bytes));
    assertThat(acceptsInPieces(bytes, random)).isEqualTo(jdkAccepts(bytes));
  }

  @Property
  void agreesWithTheJdkOnNearlyValidText(
      @ForAll("texts") String text, @ForAll Random random, @ForAll boolean damage) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (damage && bytes.length > 0) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    assertThat(Utf8Validator.isValid(bytes)).isEqualTo(jdkAccepts(bytes));
    assertThat(acceptsInPieces(bytes, random)).isEqualTo(jdkAccepts(bytes));
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings()
        .withChars("aZ09 ")
        .withChars('\u0000', '\u007F', '\u0080', '\u07FF', '\u0800', '\uFFFF')
        .withChars("日本語ñß")
        .ofMaxLength(80)
        .flatMap(text ->
            Arbitraries.of("", "\uD83D\uDE00", "\uD800\uDC00", "\uDBFF\uDFFF")
                .map(astral -> text + astral + text));
  }

  /**
   * Every sequence of two bytes, three of them from any start, and four at the edges of what is
   * allowed.
   */
  @Test
  void agreesWithTheJdkOnEveryShortSequence() {
    for (int a = 0; a < 256; a++) {
      check((byte) a);
      for (int b = 0; b < 256; b++) {
        check((byte) a, (byte) b);
      }
    }
    int[] edges = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xF0, 0xFF};
    for (int a = 0x80; a < 256; a++) {
      for (int b : edges) {
        for (int c : edges) {
          check((byte) a, (byte) b, (byte) c);
          for (int d : edges) {
            check((byte) a, (byte) b, (byte) c, (byte) d);
          }
        }
      }
    }
  }

  /** Before, after and between ASCII, so that each way through the validator is taken. */
  private static void check(byte... sequence) {
    byte[] embedded = new byte[40 + sequence.length];
    java.util.Arrays.fill(embedded, (byte) 'x');
    System.arraycopy(sequence, 0, embedded, 35, sequence.length);
    assertThat(Utf8Validator.isValid(sequence)).isEqualTo(jdkAccepts(sequence));
    assertThat(Utf8Validator.isValid(embedded)).isEqualTo(jdkAccepts(embedded));
    Utf8Validator piecewise = new Utf8Validator();
    boolean valid = true;
    for (int i = 0; valid && i < sequence.length; i++) {
      valid = piecewise.accept(sequence, i, i + 1);
    }
    assertThat(valid && piecewise.isComplete()).isEqualTo(jdkAccepts(sequence));
  }

  @Test
  void saysNoAtTheFirstByteThatCannotBe() {
    byte[] overlong = {(byte) 0xE0, (byte) 0x80};
    byte[] surrogate = {(byte) 0xED, (byte) 0xA0};
    byte[] tooHigh = {(byte) 0xF4, (byte) 0x90};
    byte[] fiveBytes = {(byte) 0xF8};
    for (byte[] prefix : new byte[][] {overlong, surrogate, tooHigh, fiveBytes}) {
      assertThat(new Utf8Validator().accept(prefix, 0, prefix.length)).isFalse();
    }
  }

  @Test
  void knowsThatATextIsNotOverWithinACharacter() {
    Utf8Validator validator = new Utf8Validator();
    byte[] euro = "€".getBytes(StandardCharsets.UTF_8);
    assertThat(validator.accept(euro, 0, 2)).isTrue();
    assertThat(validator.isComplete()).isFalse();
    assertThat(validator.accept(euro, 2, 3)).isTrue();
    assertThat(validator.isComplete()).isTrue();
    validator.accept(euro, 0, 1);
    validator.reset();
    assertThat(validator.isComplete()).isTrue();
  }
}
