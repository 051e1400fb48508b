package dev.perennial.port.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogTextTest {

  @Test
  @DisplayName("printable text stays unchanged")
  void plain() {
    for (String text : new String[] {"", "orders", "~ !", "Bücher für 日本 😀"}) {
      assertThat(LogText.line(text)).isEqualTo(text);
      assertThat(LogText.brief(text)).isEqualTo(text);
    }
  }

  @Test
  @DisplayName("characters that do not print are escaped")
  void escapes() {
    assertThat(LogText.line("a\nb\r\u001b[2J")).isEqualTo("a\\u000ab\\u000d\\u001b[2J");
    assertThat(LogText.line("\u202egnp.exe \u2028 \u2029 \u007f"))
        .isEqualTo("\\u202egnp.exe \\u2028 \\u2029 \\u007f");
    assertThat(LogText.line("tag \udb40\udc41")).isEqualTo("tag \\u{e0041}");
    assertThat(LogText.line("half \ud83d")).isEqualTo("half \\ud83d");
  }

  @Test
  @DisplayName("a long text is shortened, but never inside a character")
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
  @Label("the result is always one line with nothing left to escape")
  void oneLine(@ForAll String text, @ForAll @IntRange(max = 50) int limit) {
    String line = LogText.line(text);
    assertThat(line.codePoints()).noneMatch(Character::isISOControl);
    assertThat(LogText.line(line)).isEqualTo(line);
    assertThat(LogText.brief(text, limit).codePoints()).noneMatch(Character::isISOControl);
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S, 0 ms",
    "PT0.0004S, 0 ms",
    "PT0.5S, 500 ms",
    "PT0.9994S, 999 ms",
    "PT0.9996S, 1 s",
    "PT1.2S, 1.2 s",
    "PT30S, 30 s",
    "PT59.94S, 59.9 s",
    "PT59.96S, 1 min",
    "PT5M30S, 5 min 30 s",
    "PT59M59.6S, 1 h",
    "PT2H5M, 2 h 5 min",
    "PT23H59M40S, 24 h",
    "P3DT4H, 3 d 4 h",
    "PT999999999S, '11,574 d 2 h'",
    "PT-1.5S, -1.5 s",
    "PT9223372036854775807S, '106,751,991,167,300 d 16 h'"
  })
  @DisplayName("a duration has one or two units, whatever its length")
  void duration(Duration duration, String text) {
    assertThat(LogText.duration(duration)).isEqualTo(text);
  }

  @Test
  @DisplayName(
      "the reason of an error is its message, with its class if the message does not explain it")
  void reason() {
    assertThat(LogText.reason(new IOException("connection refused")))
        .isEqualTo("connection refused");
    assertThat(LogText.reason(new UnknownHostException("nowhere")))
        .isEqualTo("nowhere (UnknownHostException)");
    assertThat(LogText.reason(new IOException("It is full. Free some space.")))
        .isEqualTo("It is full. Free some space");
    assertThat(LogText.reason(new EOFException())).isEqualTo("EOFException");
    assertThat(LogText.reason(new IllegalStateException("no way on")))
        .isEqualTo("no way on (IllegalStateException)");
    assertThat(LogText.reason(new Exception(" ") {}))
        .startsWith("dev.perennial.port.support.LogTextTest$");
    assertThat(LogText.reason(new IOException("two\nlines")))
        .isEqualTo("two\\u000alines (IOException)");
    assertThat(LogText.reason(new IOException("word ".repeat(100)))).hasSize(201).endsWith("…");
  }

  @ParameterizedTest
  @CsvSource({
    "wss://other.test/channel, wss://other.test/channel",
    "https://me:s3cret@login.test:8443/in?token=s3cret#s3cret, https://login.test:8443/in",
    "https://me:s3@cret@login.test/in, https://login.test/in",
    "//me:s3cret@login.test, //login.test",
    "/login?s3cret, /login",
    "mailto:s3cret@mail.test, mailto:…",
    "https://me:s3cret^@login.test, an address that cannot be read",
    "https://[fe80::1%25lo]:1/x, https://[fe80::1%25lo]:1/x",
    "https://bücher.test/ü, https://bücher.test/ü",
  })
  @DisplayName("an address is shown without its credentials and query")
  void address(String address, String shown) {
    assertThat(LogText.address(address)).isEqualTo(shown);
  }

  @Test
  @DisplayName("a long address is shortened")
  void longAddress() {
    assertThat(LogText.address("https://h/" + "x".repeat(4_000))).hasSize(201).endsWith("…");
  }
}
