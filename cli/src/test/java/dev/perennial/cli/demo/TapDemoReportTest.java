package dev.perennial.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.cli.console.Screen;
import dev.perennial.cli.demo.DemoReport.Hint;
import dev.perennial.simulators.tap.Ledger;
import dev.perennial.simulators.tap.Ledger.Entry;
import dev.perennial.simulators.tap.TapEventSpec;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TapDemoReportTest {

  private static final String KEY = TapEventSpec.identityKey("did:plc:a", "a.test", "active");

  private final HandledEvents handledEvents = new HandledEvents();

  @Test
  void isCleanIfEverythingWasHandledAndAcked() {
    handledEvents.add(KEY);
    assertThat(report(true).clean()).isTrue();
    assertThat(printed(report(true))).contains("lost: 0 of 1 events").doesNotContain("never acked");
  }

  @Test
  void countsEventsAckedButNotHandled() {
    assertThat(report(true).clean()).isFalse();
    assertThat(printed(report(true))).contains("lost: 1 of 1 events");
  }

  @Test
  void isNotCleanIfAnEventWasNeverAcked() {
    handledEvents.add(KEY);
    assertThat(report(false).clean()).isFalse();
    assertThat(printed(report(false))).containsPattern("never acked +1");
  }

  @Test
  void countsDeadLettersAsNotLost() {
    DemoReport report = report(true, KEY);
    assertThat(report.clean()).isTrue();
    assertThat(printed(report))
        .contains("lost: 0 of 1 events")
        .containsPattern("handler failures +3 ")
        .containsPattern("dead letters +1 ")
        .doesNotContain("dead letters again", "handled and dead");
  }

  @Test
  void countsEachDeadLetterOfAnEvent() {
    assertThat(printed(report(true, KEY, KEY)))
        .containsPattern("dead letters +1 ")
        .containsPattern("dead letters again +1 ");
  }

  @Test
  void isNotCleanIfAnEventWasHandledAndIsADeadLetter() {
    handledEvents.add(KEY);
    DemoReport report = report(true, KEY);
    assertThat(report.clean()).isFalse();
    assertThat(printed(report)).containsPattern("handled and dead +1 ");
  }

  @Test
  void countsRepeats() {
    handledEvents.add(KEY);
    handledEvents.add(KEY);
    assertThat(printed(report(true))).containsPattern("handled again +1 ");
    assertThat(handledEvents.count()).isEqualTo(1);
  }

  private DemoReport report(boolean acked, String... deadLetters) {
    Ledger ledger = new Ledger(List.of(new Entry(1, KEY, 1, acked, false)));
    return TapDemoReport.of(
        ledger,
        new DemoOutcome(handledEvents, List.of(deadLetters), 3),
        new StreamTotals(),
        Duration.ofSeconds(1),
        new Hint("look", "at the letters"));
  }

  private static String printed(DemoReport report) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    report.print(new Screen(new PrintStream(bytes, true, StandardCharsets.UTF_8), false, false));
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
