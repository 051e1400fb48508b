package dev.perennial.deadletter.file.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Checkpoint;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LetterFormatTest {

  private static final Instant TIME = Instant.parse("2026-11-29T08:30:00.123456Z");
  private static final ErrorText ERROR =
      new ErrorText("java.lang.IllegalStateException", Optional.of("no"), "at a.b.C\n");

  @Test
  void isOneJsonObjectOnALine() {
    Checkpoint checkpoint = new Checkpoint("tap", "a", "7");
    Letter letter = new Letter(TIME, "12", Optional.of(checkpoint), 8, ERROR, "{\"a\":\n\"ü\"}");

    assertThat(new String(LetterFormat.encode(letter), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"time\":\"2026-11-29T08:30:00.123456Z\",\"position\":\"12\","
                + "\"checkpoint\":\"tap\\ta\\t7\",\"attempts\":8,"
                + "\"error\":{\"class\":\"java.lang.IllegalStateException\",\"message\":\"no\",\"stack\":\"at a.b.C\\n\"},"
                + "\"event\":\"{\\\"a\\\":\\n\\\"ü\\\"}\"}\n");
  }

  @Property(tries = 2_000)
  void keepsEveryTextExactly(
      @ForAll("texts") String event, @ForAll("texts") String message, @ForAll("texts") String id)
      throws Exception {
    Letter letter =
        new Letter(
            TIME,
            id,
            Optional.of(new Checkpoint(id, message, event)),
            Integer.MAX_VALUE,
            new ErrorText("a.B", Optional.of(message), message),
            event);

    byte[] line = LetterFormat.encode(letter);

    assertThat(new String(line, StandardCharsets.UTF_8).indexOf('\n')).isEqualTo(line(line));
    assertThat(LetterFormat.decode(withoutLineFeed(line))).isEqualTo(letter);
  }

  /** The length in characters, up to the line feed. */
  private static int line(byte[] line) {
    return new String(line, StandardCharsets.UTF_8).length() - 1;
  }

  /** All UTF-16 units, halves of surrogate pairs and control characters included. */
  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.oneOf(
        Arbitraries.strings().all().ofMaxLength(30),
        Arbitraries.strings()
            .withChars('\n', '\r', '\u0000', '\u2028', '"', '\\', '\ud83c', '\udf31', '水')
            .ofMaxLength(8));
  }

  @Test
  void needsNoCheckpointAndNoMessage() throws Exception {
    Letter letter =
        new Letter(TIME, "", Optional.empty(), 1, new ErrorText("a.B", Optional.empty(), ""), "");

    assertThat(LetterFormat.decode(withoutLineFeed(LetterFormat.encode(letter)))).isEqualTo(letter);
  }

  @Test
  void ignoresOtherFields() throws Exception {
    String line =
        "{\"stream\":\"a\",\"time\":\"2026-11-29T08:30:00Z\",\"position\":\"\",\"attempts\":1,"
            + "\"error\":{\"class\":\"a.B\",\"stack\":\"\",\"code\":[1]},\"event\":\"x\"}\r";

    assertThat(LetterFormat.decode(line.getBytes(StandardCharsets.UTF_8)).event()).isEqualTo("x");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`` | it is not a JSON object",
        "hello | it is not JSON",
        "[] | it is not a JSON object",
        "{} x | it is not JSON",
        "{} | `\"time\" is missing or not a text`",
        "{\"time\":\"yesterday\"} | `\"time\" is not a time`",
        "{\"time\":\"2026-11-29T08:30:00Z\"} | `\"position\" is missing or not a text`",
        "{\"time\":\"2026-11-29T08:30:00Z\",\"position\":\"\",\"checkpoint\":\"x\"} | `\"checkpoint\" is no checkpoint`",
        "{\"time\":\"2026-11-29T08:30:00Z\",\"position\":\"\",\"attempts\":\"1\"} | `\"attempts\" is missing or not a number`",
        "{\"time\":\"2026-11-29T08:30:00Z\",\"position\":\"\",\"attempts\":1} | `\"error\" is missing or not an object`",
        "{\"time\":\"2026-11-29T08:30:00Z\",\"position\":\"\",\"attempts\":1,\"error\":{}} | `\"class\" is missing`",
      })
  void rejectsOtherLines(String line, String problem) {
    assertRejected(line.getBytes(StandardCharsets.UTF_8), problem);
  }

  @Test
  void rejectsBytesThatAreNoText() {
    assertRejected(new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'}, "it is not JSON");
    assertRejected(new byte[64], "it is not JSON");
    assertRejected("[".repeat(100_000).getBytes(StandardCharsets.UTF_8), "it is not JSON");
  }

  private static void assertRejected(byte[] line, String problem) {
    assertThatThrownBy(() -> LetterFormat.decode(line))
        .isInstanceOf(LetterFormatException.class)
        .hasMessageStartingWith("Cannot read a line as a dead letter: " + problem)
        .hasMessageEndingWith(".");
  }

  private static byte[] withoutLineFeed(byte[] line) {
    return Arrays.copyOf(line, line.length - 1);
  }
}
