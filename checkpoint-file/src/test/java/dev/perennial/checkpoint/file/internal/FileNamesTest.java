package dev.perennial.checkpoint.file.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileNamesTest {

  @ParameterizedTest
  @CsvSource({
    "orders, orders",
    "orders-2_x, orders-2_x",
    "Orders, %4frders",
    "a/b, a%2fb",
    "a\\b, a%5cb",
    "a.b, a%2eb",
    "'a b', a%20b",
    "100%, 100%25",
    "%41, %2541",
    "., %2e",
    ".., %2e%2e",
    "ü, %u00fc",
    "🌱, %ud83c%udf31",
    "con, %63on",
    "com1, %63om1",
    "con1, con1",
    "CON, %43%4f%4e",
  })
  void areTheIdsWhereThoseArePortable(String id, String name) {
    assertThat(FileNames.encode(id)).isEqualTo(name);
    assertThat(FileNames.decode(name)).contains(id);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "Orders", "%41x%4", "a%2Fb", "%61", "%u0061", "con", "a.b", "%", "ü", "%u00FC"
      })
  void standForNoIdWhereNoIdIsWrittenSo(String name) {
    assertThat(FileNames.decode(name)).isEmpty();
  }

  @Property
  void leadBackToTheId(@ForAll("ids") String id) {
    assertThat(FileNames.decode(FileNames.encode(id))).isEqualTo(Optional.of(id));
  }

  @Property
  void areOfCharactersThatAllFileSystemsTake(@ForAll("ids") String id) {
    assertThat(FileNames.encode(id)).matches("[a-z0-9_%-]+");
  }

  @Property(tries = 5_000)
  void differWhereTheIdsDifferWhateverTheCase(
      @ForAll("ids") String one, @ForAll("ids") String two) {
    String name = FileNames.encode(one);
    assertThat(name.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT)).isEqualTo(name);
    assertThat(name.equals(FileNames.encode(two))).isEqualTo(one.equals(two));
  }

  /**
   * Any UTF-16 units, halves of surrogate pairs included, and short ones of few characters, which
   * are often equal.
   */
  @Provide
  Arbitrary<String> ids() {
    Arbitrary<String> any = Arbitraries.strings().ofMinLength(1).ofMaxLength(20);
    Arbitrary<String> alike =
        Arbitraries.strings().withChars("aA%u01.ıİK").ofMinLength(1).ofMaxLength(4);
    return Arbitraries.oneOf(any, alike);
  }

  @Test
  void theFirstAndTheLastOfWhatStandsForItselfDoSo() {
    assertThat(FileNames.encode("az09-_")).isEqualTo("az09-_");
    assertThat(FileNames.encode("`{/:\u007f\u0080")).isEqualTo("%60%7b%2f%3a%7f%u0080");
  }
}
