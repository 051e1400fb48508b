package dev.perennial.cli.tail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.perennial.cli.ChildProcess;
import dev.perennial.cli.ClosedPort;
import dev.perennial.cli.Perennial;
import dev.perennial.simulators.tap.DeliveryMode;
import dev.perennial.simulators.tap.TapSimulator;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Runs {@code tail tap} in a process, against a simulated Tap. */
class TailTapTest {

  private static final String DID = "did:plc:a";
  private static final String POST = "app.bsky.feed.post";
  private static final String PASSWORD = "PERENNIAL_TAP_PASSWORD";

  @Test
  void printsEveryKindOfEventAndAcksIt() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        ChildProcess tail = tail(tap, "--max", "4")) {
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
      await().atMost(ChildProcess.DEADLINE).until(() -> tap.acked() == 4);
    }
  }

  @Test
  void stopsAfterMax() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start()) {
      for (int i = 0; i < 10; i++) {
        tap.emitIdentity(DID + i, "a.test", true, "active");
      }
      try (ChildProcess tail = tail(tap, "--max", "3")) {
        assertThat(tail.exitStatus()).as(tail.toString()).isZero();
        assertThat(tail.lines()).hasSize(3);
        await().atMost(ChildProcess.DEADLINE).until(() -> tap.acked() == 3);
      }
    }
  }

  @Test
  void printsMessagesAsReceived() throws Exception {
    String message = "{\"id\":1,\"type\":\"label\",\"label\":{\"text\":\"naïve 水 🌱\"}}";
    try (TapSimulator tap = TapSimulator.builder().start();
        ChildProcess tail = tail(tap, "--json", "--max", "1")) {
      tap.emitRaw(DID, false, message);
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
      assertThat(tail.lines()).containsExactly(message);
    }
  }

  @Test
  void acksNothingWithNoAck() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start()) {
      for (int i = 0; i < 3; i++) {
        tap.emitIdentity(DID + i, "a.test", true, "active");
      }
      try (ChildProcess tail = tail(tap, "--no-ack", "--max", "3")) {
        assertThat(tail.exitStatus()).as(tail.toString()).isZero();
        assertThat(tail.lines()).hasSize(3);
        assertThat(tail.err()).contains("closed: 3 events printed, 3 stayed unacked (--no-ack)");
        await().atMost(ChildProcess.DEADLINE).until(() -> tap.connections() == 0);
        assertThat(tap.acked()).isZero();
        assertThat(tap.clientMessages()).isEmpty();
      }
    }
  }

  @Test
  void closesCleanlyOnSigterm() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        ChildProcess tail = tail(tap)) {
      tap.emitIdentity(DID, "a.test", true, "active");
      tap.emitIdentity(DID, "b.test", true, "active");
      tail.awaitLines(2);
      tail.terminate();
      assertThat(tail.exitStatus()).as("what SIGTERM gives").isEqualTo(128 + 15);
      assertThat(tail.err()).contains("closed: 2 events printed, 0 stayed unacked");
      await().atMost(ChildProcess.DEADLINE).until(() -> tap.connections() == 0);
      assertThat(tap.acked()).isEqualTo(2);
      assertThat(tap.clientCloseCodes()).containsExactly(1000);
    }
  }

  @Test
  void endsQuietlyOnSigtermBeforeItIsConnected() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start()) {
      tap.faults().hangHandshakes(1);
      try (ChildProcess tail = tail(tap)) {
        await().atMost(ChildProcess.DEADLINE).until(() -> !tap.handshakes().isEmpty());
        tail.terminate();
        assertThat(tail.exitStatus()).isEqualTo(128 + 15);
        assertThat(tail.err()).isIn("", "still connecting to " + tap.httpUri() + "\n");
      }
    }
  }

  @Test
  void reportsASlowConnectionAttempt() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start()) {
      tap.faults().hangHandshakes(1);
      try (ChildProcess tail = tail(tap)) {
        tail.awaitErr("still connecting to " + tap.httpUri());
      }
    }
  }

  @Test
  void explainsThatAnotherConsumerHasTheEvents() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        ChildProcess first = tail(tap, "--no-ack", "--wait", "60s")) {
      first.awaitErr("connected to");
      tap.emitIdentity(DID, "a.test", true, "active");
      tap.emitIdentity(DID + "b", "b.test", true, "active");
      first.awaitLines(2);
      try (ChildProcess second = tail(tap)) {
        second.awaitErr("no event yet: Tap has 2 unacked, but has sent them to another consumer");
        assertThat(second.err()).contains("again after its TAP_RETRY_TIMEOUT (default: 60 s)");
      }
    }
  }

  @Test
  void explainsThatTapHasNoEvents() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().password("geheim").start();
        ChildProcess tail = tail(tap, Map.of(PASSWORD, "geheim"), "--max", "1")) {
      tail.awaitErr("no event yet: Tap has none.");
      tap.emitIdentity(DID, "a.test", true, "active");
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
    }
  }

  @Test
  void acceptsTheChannelAddress() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        ChildProcess tail = perennial("tail", "tap", tap.httpUri() + "/channel", "--max", "1")) {
      tap.emitIdentity(DID, "a.test", true, "active");
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
    }
  }

  @Test
  void reportsUnackedEventsThatCouldNotBePrinted() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        ChildProcess tail = stuckTail(tap, "--json")) {
      // More than the buffer of a pipe.
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
  void endsQuietlyWithoutAcksWhenTheOutputIsClosed() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        ChildProcess tail = stuckTail(tap)) {
      tail.process().getInputStream().close();
      tap.emitIdentity(DID, "a.test", true, "active");
      assertThat(tail.exitStatus()).as(tail.toString()).isEqualTo(128 + 13);
      assertThat(tail.err())
          .contains("closed: 0 events acked, 1 stayed unacked")
          .doesNotContain("perennial: ");
      assertThat(tap.acked()).isZero();
    }
  }

  /** A device that is always full. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void reportsThatTheOutputCannotBeWritten() throws Exception {
    String command =
        "exec \"$1\" -XX:TieredStopAtLevel=1 -cp \"$2\" \"$3\" tail tap \"$4\" >/dev/full";
    try (TapSimulator tap = TapSimulator.builder().start();
        ChildProcess tail =
            ChildProcess.start(
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
          .contains("perennial: Cannot write the events to stdout: ");
      assertThat(tap.acked()).isZero();
    }
  }

  @Test
  void reportsReconnects() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        ChildProcess tail = tail(tap, "--max", "2")) {
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
  void sendsThePasswordOfTheEnvironment() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().password("geheim:ü").start();
        ChildProcess tail =
            tail(tap, Map.of(PASSWORD, "geheim:ü", "LC_ALL", "C.UTF-8"), "--max", "1")) {
      tap.emitIdentity(DID, "a.test", true, "active");
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
      assertThat(tail.lines()).hasSize(1);
    }
  }

  @Test
  void reportsAMissingPassword() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().password("geheim").start();
        ChildProcess tail = tail(tap)) {
      assertThat(tail.exitStatus()).as(tail.toString()).isEqualTo(3);
      assertThat(tail.err())
          .endsWith(
              "perennial: Tap requires a password."
                  + " Set PERENNIAL_TAP_PASSWORD to Tap's TAP_ADMIN_PASSWORD.\n");
    }
  }

  @Test
  void reportsAWrongPasswordWithoutShowingIt() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().password("geheim").start();
        ChildProcess tail = tail(tap, Map.of(PASSWORD, "falsch"), "--verbose")) {
      assertThat(tail.exitStatus()).as(tail.toString()).isEqualTo(3);
      assertThat(tail.err())
          .contains("perennial: Tap refused the password in PERENNIAL_TAP_PASSWORD")
          .doesNotContain("falsch", "Basic ");
    }
  }

  @Test
  void reportsATapInWebhookMode() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().mode(DeliveryMode.WEBHOOK).start();
        ChildProcess tail = tail(tap)) {
      assertThat(tail.exitStatus()).isEqualTo(1);
      assertThat(tail.err()).contains("webhook");
    }
  }

  @Test
  void failsIfNoTapRunsThere() throws Exception {
    try (ClosedPort port = new ClosedPort();
        ChildProcess tail =
            perennial("tail", "tap", "ws://127.0.0.1:" + port.number(), "--wait", "1")) {
      assertThat(tail.exitStatus()).isEqualTo(1);
      assertThat(tail.err())
          .contains("next attempt in ")
          .contains(
              "perennial: Cannot connect to ws://127.0.0.1:" + port.number() + " within 1 s.");
    }
  }

  @Test
  void rejectsAPasswordInTheAddressWithoutShowingIt() throws Exception {
    try (ChildProcess tail = perennial("tail", "tap", "ws://admin:geheim@localhost:2480")) {
      assertThat(tail.exitStatus()).isEqualTo(2);
      assertThat(tail.err()).contains("See perennial tail tap --help.").doesNotContain("geheim");
    }
  }

  @Test
  void rejectsInvalidArguments() throws Exception {
    try (ChildProcess tail = perennial("tail", "tap", "ftp://localhost")) {
      assertThat(tail.exitStatus()).isEqualTo(2);
      assertThat(tail.err())
          .contains("its scheme is none of ws, wss, http and https")
          .contains("See perennial tail tap --help.");
    }
    try (ChildProcess tail = perennial("tail", "tap", "ws://localhost", "--max", "0")) {
      assertThat(tail.exitStatus()).isEqualTo(2);
      assertThat(tail.err()).contains("--max must be at least 1, but is 0.");
    }
    try (ChildProcess tail = perennial("tail", "tap", "ws://localhost", "--wait", "soon")) {
      assertThat(tail.exitStatus()).isEqualTo(2);
      assertThat(tail.err())
          .contains("option '--wait': \"soon\" is not a time of at least 1 s. Give");
    }
    try (ChildProcess tail = perennial("tail")) {
      assertThat(tail.exitStatus()).isEqualTo(2);
      assertThat(tail.err())
          .isEqualTo(
              "perennial: Missing subcommand. Give tap or mongo.\nSee perennial tail --help.\n");
    }
  }

  @Test
  void documentsThePasswordAndTheExitStatus() throws Exception {
    try (ChildProcess tail = perennial("tail", "tap", "--help")) {
      assertThat(tail.exitStatus()).isZero();
      assertThat(tail.out()).contains("PERENNIAL_TAP_PASSWORD", "Exit status:", "--no-ack");
    }
  }

  private static ChildProcess tail(TapSimulator tap, String... options) throws Exception {
    return tail(tap, Map.of(), options);
  }

  private static ChildProcess tail(
      TapSimulator tap, Map<String, String> environment, String... options) throws Exception {
    return ChildProcess.java(
        Perennial.class.getName(), environment, arguments(tap.httpUri().toString(), options));
  }

  /** Starts a tail whose stdout is not read. */
  private static ChildProcess stuckTail(TapSimulator tap, String... options) throws Exception {
    return ChildProcess.java(
        Perennial.class.getName(),
        System.getProperty("java.class.path"),
        Map.of(),
        false,
        arguments(tap.httpUri().toString(), options));
  }

  private static ChildProcess perennial(String... arguments) throws Exception {
    return ChildProcess.java(Perennial.class.getName(), Map.of(), arguments);
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
