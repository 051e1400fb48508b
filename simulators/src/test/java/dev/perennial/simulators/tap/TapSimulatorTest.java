package dev.perennial.simulators.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TapSimulatorTest {

  private static final String DID = "did:plc:a";

  @Test
  void sendsEachEventAsOneTextFrameAndForgetsItOnceItIsAckedAndDeleted() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().deleteInterval(Duration.ofMillis(50)).start();
        RawClient client = RawClient.connect(tap)) {
      long id = tap.emitRecord(DID, "app.bsky.feed.post", "r1", true, "{\"text\":\"hi\"}");
      RawClient.Frame frame = client.read();
      assertThat(frame.fin()).isTrue();
      assertThat(frame.opcode()).isEqualTo(1);
      assertThat(RawClient.id(frame)).isEqualTo(id).isEqualTo(1);
      client.ack(id);
      await().atMost(RawClient.DEADLINE).until(() -> tap.outboxSize() == 0);
      assertThat(tap.acked()).isEqualTo(1);
      assertThat(tap.ledger().unackedKeys()).isEmpty();
    }
  }

  @Test
  void sendsAgainWhatIsNotAcked() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().retryTimeout(Duration.ofMillis(100)).start();
        RawClient client = RawClient.connect(tap)) {
      long id = tap.emitIdentity(DID, "a.test", true, "active");
      assertThat(client.readIds(3)).containsOnly(id);
    }
  }

  @Test
  void givesWhatWasNotAckedToTheNextClientAfterACutAndAfterARestart() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().retryTimeout(Duration.ofMillis(100)).start()) {
      long id = tap.emitIdentity(DID, "a.test", true, "active");
      try (RawClient client = RawClient.connect(tap)) {
        assertThat(client.readId()).isEqualTo(id);
        tap.faults().cutConnections();
        assertThat(client.ending()).isIn("end", "reset");
      }
      try (RawClient client = RawClient.connect(tap)) {
        assertThat(client.readId()).isEqualTo(id);
        int port = tap.port();
        tap.restart();
        assertThat(tap.port()).isEqualTo(port);
        assertThat(client.ending()).isIn("end", "reset", "a frame: ");
      }
      try (RawClient client = RawClient.connect(tap)) {
        assertThat(client.readId()).isEqualTo(id);
      }
    }
  }

  @Test
  void generatesAndDeliversAHundredThousandEvents() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().seed(1).start();
        RawClient client = RawClient.connect(tap)) {
      long begin = System.nanoTime();
      tap.generate(100_000, 1_000);
      List<Long> ids = new java.util.ArrayList<>();
      for (int i = 0; i < 100_000; i++) {
        long id = client.readId();
        ids.add(id);
        client.ack(id);
      }
      System.out.println("took " + (System.nanoTime() - begin) / 1_000_000);
      assertThat(ids).doesNotHaveDuplicates();
    }
  }
}
