package dev.perennial.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.cli.console.Screen.Style;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ScreenTest {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void writesPlainLinesWithoutATerminal() {
    Screen screen = new Screen(out, false, false);
    screen.status("1 handled");
    screen.line(screen.styled(Style.RED, "a fault"));
    screen.status("2 handled");
    screen.clearStatus();
    assertThat(written().lines()).containsExactly("1 handled", "a fault", "2 handled");
  }

  @Test
  void keepsTheStatusLineLastOnATerminal() {
    Screen screen = new Screen(out, true, false);
    screen.status("1 handled");
    screen.line("a fault");
    screen.clearStatus();
    assertThat(written())
        .isEqualTo(
            "\r\u001b[K1 handled\r\u001b[Ka fault"
                + System.lineSeparator()
                + "1 handled\r\u001b[K");
  }

  @Test
  void usesColorsIfAllowed() {
    assertThat(new Screen(out, true, true).styled(Style.RED, "lost"))
        .isEqualTo("\u001b[31mlost\u001b[0m");
    assertThat(new Screen(out, true, false).styled(Style.RED, "lost")).isEqualTo("lost");
  }

  private String written() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
