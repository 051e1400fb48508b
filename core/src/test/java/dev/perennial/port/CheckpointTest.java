package dev.perennial.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.perennial.port.CheckpointException.Reason;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {

  /** Generates texts, many of them with characters that must be escaped. */
  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.oneOf(
        Arbitraries.strings().ofMaxLength(20),
        Arbitraries.strings()
            .withChars('\\', '\t', '\n', '\r', 't', 'n', 'r', ' ', '\u0000', '\u2028')
            .ofMaxLength(12));
  }

  @Property
  void everyWrittenLineCanBeRead(
      @ForAll("texts") String source,
      @ForAll("texts") String fingerprint,
      @ForAll("texts") String position)
      throws CheckpointException {
    Checkpoint checkpoint = new Checkpoint(source, fingerprint, position);
    String line = checkpoint.toLine();
    assertThat(line).doesNotContain("\n", "\r");
    assertThat(Checkpoint.parse(line)).isEqualTo(checkpoint);
  }

  @Property
  void readsOnlyLinesThatItWrites(@ForAll("texts") String text) {
    Checkpoint checkpoint;
    try {
      checkpoint = Checkpoint.parse(text);
    } catch (CheckpointException e) {
      assertThat(e.reason()).isEqualTo(Reason.CORRUPT);
      return;
    }
    assertThat(checkpoint.toLine()).isEqualTo(text);
  }

  @Test
  @DisplayName("a line has the documented form")
  void form() {
    assertThat(new Checkpoint("tap", "", "a\tb\\c\nd\re").toLine())
        .isEqualTo("tap\t\ta\\tb\\\\c\\nd\\re");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "tap",
        "tap\tx",
        "a\tb\tc\td",
        "a\tb\tc\\",
        "a\tb\t\\x",
        "a\tb\tc\n",
        "a\r\tb\tc"
      })
  @DisplayName("any other line is corrupt")
  void corrupt(String line) {
    assertThatExceptionOfType(CheckpointException.class)
        .isThrownBy(() -> Checkpoint.parse(line))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.CORRUPT));
  }
}
