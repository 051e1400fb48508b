package dev.perennial.examples.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrintableTest {

  @Test
  void keepsWhatCanBeSeen() {
    assertThat(Printable.line("naïve 水 🌱 “quoted” \\")).isEqualTo("naïve 水 🌱 “quoted” \\");
  }

  @Test
  void writesOutWhatWouldActOnTheTerminal() {
    assertThat(Printable.line("a\u001b[2J\r\n\u009b\u202e\u2028z"))
        .isEqualTo("a\\u001b[2J\\u000d\\u000a\\u009b\\u202e\\u2028z");
  }

  @Test
  void cutsWhatIsLong() {
    assertThat(Printable.brief("abcdef", 3)).isEqualTo("abc…");
    assertThat(Printable.brief("abc", 3)).isEqualTo("abc");
  }
}
