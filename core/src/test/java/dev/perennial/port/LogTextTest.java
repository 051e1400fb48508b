package dev.perennial.port;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LogTextTest {

  @Test
  @DisplayName("text that is fit to be shown stays as it is")
  void plain() {
    for (String text : new String[] {"", "orders", "~ !", "Bücher für 日本 😀"}) {
      assertThat(LogText.line(text)).isEqualTo(text);
      assertThat(LogText.brief(text)).isEqualTo(text);
    }
  }

  @Test
  @DisplayName("what cannot be seen is written as its code")
  void escapes() {
    assertThat(LogText.line("a\nb\r\u001b[2J")).isEqualTo("a\\u000ab\\u000d\\u001b[2J");
    assertThat(LogText.line("\u202egnp.exe \u2028 \u2029 \u007f"))
        .isEqualTo("\\u202egnp.exe \\u2028 \\u2029 \\u007f");
    assertThat(LogText.line("tag \udb40\udc41")).isEqualTo("tag \\u{e0041}");
    assertThat(LogText.line("half \ud83d")).isEqualTo("half \\ud83d");
  }

  @Test
  @DisplayName("a long text is cut behind its beginning, and not within a character")
  void cuts() {
    assertThat(LogText.brief("abcdef", 6)).isEqualTo("abcdef");
    assertThat(LogText.brief("abcdef", 5)).isEqualTo("abcde…");
    assertThat(LogText.brief("abc\ndef", 5)).isEqualTo("abc\\u000ad…");
    assertThat(LogText.brief("ab😀d", 3)).isEqualTo("ab…");
    assertThat(LogText.brief("ab😀d", 4)).isEqualTo("ab😀…");
    assertThat(LogText.brief("abc", 0)).isEqualTo("…");
    assertThat(LogText.brief("x".repeat(101))).isEqualTo("x".repeat(100) + "…");
  }

  @Property
  @Label("whatever comes in, one line comes out, of which nothing more is to be escaped")
  void oneLine(@ForAll String text, @ForAll @IntRange(max = 50) int limit) {
    String line = LogText.line(text);
    assertThat(line.codePoints()).noneMatch(Character::isISOControl);
    assertThat(LogText.line(line)).isEqualTo(line);
    assertThat(LogText.brief(text, limit).codePoints()).noneMatch(Character::isISOControl);
  }
}
