package dev.perennial.cli.tail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.perennial.cli.ClosedPort;
import dev.perennial.cli.Perennial;
import dev.perennial.cli.Program;
import dev.perennial.simulators.tap.DeliveryMode;
import dev.perennial.simulators.tap.TapSimulator;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The tail as a process, on a Tap in this one. */
class TailTapTest {

  private static final String DID = "did:plc:a";
  private static final String POST = "app.bsky.feed.post";
  private static final String PASSWORD = "PERENNIAL_TAP_PASSWORD";

  @Test
  void printsEveryKindOfEventAndAcksIt() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        Program tail = tail(tap, "--max", "4")) {
      tap.emitRecord(DID, POST, "r1", false, "{\"text\":\"hi\"}");
      tap.emitIdentity(DID, "a.test", true, "active");
      tap.emitRaw(DID, false, "{\"id\":$id,\"type\":\"label\",\"label\":{}}");
      tap.emitRaw(DID, false, "{\"id\":$id,\"type\":\"record\",\"record\":7}");
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
      assertThat(tail.lines()).hasSize(4);
      assertThat(tail.out())
          .contains("1 create    did:plc:a app.bsky.feed.post/r1 (backfill)\n")
          .contains("2 identity  did:plc:a a.test active\n")
          .contains("3 unknown   type label\n")
          .contains("4 malformed 35 bytes: {\"id\":4,\"type\":\"record\",\"record\":7}\n");
      assertThat(tail.err())
          .contains("connected to " + tap.httpUri())
          .contains("closed: 4 events printed, 0 stayed unacked");
      await().atMost(Program.DEADLINE).until(() -> tap.acked() == 4);
    }
  }

  @Test
  void stopsAfterMaxAndLeavesTheRest() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start()) {
      for (int i = 0; i < 10; i++) {
        tap.emitIdentity(DID + i, "a.test", true, "active");
      }
      try (Program tail = tail(tap, "--max", "3")) {
        assertThat(tail.exitStatus()).as(tail.toString()).isZero();
        assertThat(tail.lines()).hasSize(3);
        await().atMost(Program.DEADLINE).until(() -> tap.acked() == 3);
      }
    }
  }

  @Test
  void givesTheMessagesAsTheyCame() throws Exception {
    String message = "{\"id\":1,\"type\":\"label\",\"label\":{\"text\":\"naïve 水 🌱\"}}";
    try (TapSimulator tap = TapSimulator.builder().start();
        Program tail = tail(tap, "--json", "--max", "1")) {
      tap.emitRaw(DID, false, message);
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
      assertThat(tail.lines()).containsExactly(message);
    }
  }

  @Test
  void acksNothingWhenToldSo() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start()) {
      for (int i = 0; i < 3; i++) {
        tap.emitIdentity(DID + i, "a.test", true, "active");
      }
      try (Program tail = tail(tap, "--no-ack", "--max", "3")) {
        assertThat(tail.exitStatus()).as(tail.toString()).isZero();
        assertThat(tail.lines()).hasSize(3);
        assertThat(tail.err()).contains("closed: 3 events printed, 3 stayed unacked (--no-ack)");
        await().atMost(Program.DEADLINE).until(() -> tap.connections() == 0);
        assertThat(tap.acked()).isZero();
        assertThat(tap.clientMessages()).isEmpty();
      }
    }
  }

  @Test
  void closesCleanlyWhenToldToEnd() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        Program tail = tail(tap)) {
      tap.emitIdentity(DID, "a.test", true, "active");
      tap.emitIdentity(DID, "b.test", true, "active");
      tail.awaitLines(2);
      tail.terminate();
      assertThat(tail.exitStatus()).as("what SIGTERM gives").isEqualTo(128 + 15);
      assertThat(tail.err()).contains("closed: 2 events printed, 0 stayed unacked");
      await().atMost(Program.DEADLINE).until(() -> tap.connections() == 0);
      assertThat(tap.acked()).isEqualTo(2);
      assertThat(tap.clientCloseCodes()).containsExactly(1000);
    }
  }

  @Test
  void endsQuietlyWhenToldToBeforeItIsConnected() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start()) {
      tap.faults().hangHandshakes(1);
      try (Program tail = tail(tap)) {
        await().atMost(Program.DEADLINE).until(() -> !tap.handshakes().isEmpty());
        tail.terminate();
        assertThat(tail.exitStatus()).isEqualTo(128 + 15);
        assertThat(tail.err()).isIn("", "still connecting to " + tap.httpUri() + "\n");
      }
    }
  }

  @Test
  void saysThatConnectingTakesLong() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start()) {
      tap.faults().hangHandshakes(1);
      try (Program tail = tail(tap)) {
        tail.awaitErr("still connecting to " + tap.httpUri());
      }
    }
  }

  @Test
  void saysWhereEventsAreThatAnotherConsumerWasSent() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        Program first = tail(tap, "--no-ack", "--wait", "60s")) {
      first.awaitErr("connected to");
      tap.emitIdentity(DID, "a.test", true, "active");
      tap.emitIdentity(DID + "b", "b.test", true, "active");
      first.awaitLines(2);
      try (Program second = tail(tap)) {
        second.awaitErr("no event yet, though the Tap keeps 2: it has sent them to another");
        assertThat(second.err()).contains("again after its TAP_RETRY_TIMEOUT (60 s unless set");
      }
    }
  }

  @Test
  void saysThatATapHasNothingYet() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().password("geheim").start();
        Program tail = tail(tap, Map.of(PASSWORD, "geheim"), "--max", "1")) {
      tail.awaitErr("no event yet: none waits in the Tap");
      tap.emitIdentity(DID, "a.test", true, "active");
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
    }
  }

  @Test
  void takesTheChannelsOwnAddress() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        Program tail = perennial("tail", "tap", tap.httpUri() + "/channel", "--max", "1")) {
      tap.emitIdentity(DID, "a.test", true, "active");
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
    }
  }

  @Test
  void saysWhatStayedUnackedWhenItCouldNotBePrinted() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        Program tail = stuckTail(tap, "--json")) {
      // More than fits into a pipe that nobody reads.
      tap.emitRecord(DID, POST, "r1", true, "\"" + "x".repeat(1 << 20) + "\"");
      assertThat(tail.process().getInputStream().read()).isEqualTo('{');
      tail.terminate();
      assertThat(tail.exitStatus()).isEqualTo(128 + 15);
      assertThat(tail.err())
          .contains("closed: 0 events printed, 1 stayed unacked, the oldest TapPosition[1 ");
      assertThat(tap.acked()).isZero();
    }
  }

  @Test
  void endsQuietlyAndWithoutAnAckWhenNobodyReadsOn() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        Program tail = stuckTail(tap)) {
      tail.process().getInputStream().close();
      tap.emitIdentity(DID, "a.test", true, "active");
      assertThat(tail.exitStatus()).as(tail.toString()).isEqualTo(128 + 13);
      assertThat(tail.err())
          .contains("closed: 0 events acked, 1 stayed unacked")
          .doesNotContain("perennial: ");
      assertThat(tap.acked()).isZero();
    }
  }

  /** A device that is always full, as a disk may be. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void saysWhyTheOutputCannotBeWritten() throws Exception {
    String command =
        "exec \"$1\" -XX:TieredStopAtLevel=1 -cp \"$2\" \"$3\" tail tap \"$4\" >/dev/full";
    try (TapSimulator tap = TapSimulator.builder().start();
        Program tail =
            Program.start(
                List.of(
                    "sh",
                    "-c",
                    command,
                    "sh",
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    System.getProperty("java.class.path"),
                    Perennial.class.getName(),
                    tap.httpUri().toString()),
                null,
                Map.of(),
                true)) {
      tap.emitIdentity(DID, "a.test", true, "active");
      assertThat(tail.exitStatus()).as(tail.toString()).isEqualTo(1);
      assertThat(tail.err())
          .contains("closed: 0 events acked, 1 stayed unacked")
          .contains("perennial: the events could not be written to the output: ");
      assertThat(tap.acked()).isZero();
    }
  }

  @Test
  void reconnectsAndSaysSo() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        Program tail = tail(tap, "--max", "2")) {
      tap.emitIdentity(DID, "a.test", true, "active");
      tail.awaitLines(1);
      tap.faults().cutConnections();
      tap.emitIdentity(DID, "b.test", true, "active");
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
      assertThat(tail.err())
          .contains("connection lost with code 1006")
          .contains("next attempt in ");
      assertThat(tail.lines()).hasSize(2);
    }
  }

  @Test
  void givesThePasswordFromTheEnvironment() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().password("geheim:ü").start();
        Program tail = tail(tap, Map.of(PASSWORD, "geheim:ü", "LC_ALL", "C.UTF-8"), "--max", "1")) {
      tap.emitIdentity(DID, "a.test", true, "active");
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
      assertThat(tail.lines()).hasSize(1);
    }
  }

  @Test
  void saysWhatToSetWhenAPasswordIsWanted() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().password("geheim").start();
        Program tail = tail(tap)) {
      assertThat(tail.exitStatus()).as(tail.toString()).isEqualTo(3);
      assertThat(tail.err())
          .endsWith(
              "perennial: the Tap wants a password;"
                  + " set PERENNIAL_TAP_PASSWORD to the Tap's TAP_ADMIN_PASSWORD\n");
    }
  }

  @Test
  void saysWhichPasswordIsWrongWithoutShowingIt() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().password("geheim").start();
        Program tail = tail(tap, Map.of(PASSWORD, "falsch"), "--verbose")) {
      assertThat(tail.exitStatus()).as(tail.toString()).isEqualTo(3);
      assertThat(tail.err())
          .contains("perennial: the Tap refused the password in PERENNIAL_TAP_PASSWORD")
          .doesNotContain("falsch", "Basic ");
    }
  }

  @Test
  void saysThatATapInWebhookModeHasNoChannel() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().mode(DeliveryMode.WEBHOOK).start();
        Program tail = tail(tap)) {
      assertThat(tail.exitStatus()).isEqualTo(1);
      assertThat(tail.err()).contains("webhook");
    }
  }

  @Test
  void givesUpWhenThereIsNoTap() throws Exception {
    try (ClosedPort port = new ClosedPort();
        Program tail = perennial("tail", "tap", "ws://127.0.0.1:" + port.number(), "--wait", "1")) {
      assertThat(tail.exitStatus()).isEqualTo(1);
      assertThat(tail.err())
          .contains("next attempt in ")
          .contains("perennial: no connection to ws://127.0.0.1:" + port.number() + " within 1 s;");
    }
  }

  @Test
  void refusesAPasswordInTheAddressWithoutShowingIt() throws Exception {
    try (Program tail = perennial("tail", "tap", "ws://admin:geheim@localhost:2480")) {
      assertThat(tail.exitStatus()).isEqualTo(2);
      assertThat(tail.err()).contains("See perennial tail tap --help.").doesNotContain("geheim");
    }
  }

  @Test
  void refusesWhatItCannotUnderstand() throws Exception {
    try (Program tail = perennial("tail", "tap", "ftp://localhost")) {
      assertThat(tail.exitStatus()).isEqualTo(2);
      assertThat(tail.err())
          .contains("its scheme is none of ws, wss, http and https")
          .contains("See perennial tail tap --help.");
    }
    try (Program tail = perennial("tail", "tap", "ws://localhost", "--max", "0")) {
      assertThat(tail.exitStatus()).isEqualTo(2);
      assertThat(tail.err()).contains("--max takes at least 1, but got 0");
    }
    try (Program tail = perennial("tail", "tap", "ws://localhost", "--wait", "soon")) {
      assertThat(tail.exitStatus()).isEqualTo(2);
      assertThat(tail.err()).contains("option '--wait': \"soon\" is no time to wait; give");
    }
    try (Program tail = perennial("tail")) {
      assertThat(tail.exitStatus()).isEqualTo(2);
      assertThat(tail.err())
          .isEqualTo("perennial: Say what to do: tap or mongo\nSee perennial tail --help.\n");
    }
  }

  @Test
  void documentsThePasswordAndTheExitStatus() throws Exception {
    try (Program tail = perennial("tail", "tap", "--help")) {
      assertThat(tail.exitStatus()).isZero();
      assertThat(tail.out()).contains("PERENNIAL_TAP_PASSWORD", "Exit status:", "--no-ack");
    }
  }

  private static Program tail(TapSimulator tap, String... options) throws Exception {
    return tail(tap, Map.of(), options);
  }

  private static Program tail(TapSimulator tap, Map<String, String> environment, String... options)
      throws Exception {
    return Program.java(
        Perennial.class.getName(), environment, arguments(tap.httpUri().toString(), options));
  }

  /** One whose stdout nobody reads. */
  private static Program stuckTail(TapSimulator tap, String... options) throws Exception {
    return Program.java(
        Perennial.class.getName(),
        System.getProperty("java.class.path"),
        Map.of(),
        false,
        arguments(tap.httpUri().toString(), options));
  }

  private static Program perennial(String... arguments) throws Exception {
    return Program.java(Perennial.class.getName(), Map.of(), arguments);
  }

  private static String[] arguments(String uri, String... options) {
    String[] all = new String[options.length + 3];
    all[0] = "tail";
    all[1] = "tap";
    all[2] = uri;
    System.arraycopy(options, 0, all, 3, options.length);
    return all;
  }
}
