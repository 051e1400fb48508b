package dev.perennial.cli.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.Checkpoint;
import org.junit.jupiter.api.Test;

class CheckpointTextTest {

  @Test
  void showsThePartsOfACheckpoint() {
    assertThat(CheckpointText.lines("app-log", new Checkpoint("lines", "", "12 34")))
        .containsExactly(
            "stream        app-log",
            "source        lines",
            "fingerprint   (none)",
            "position      12 34");
  }

  @Test
  void showsTheTimeOfAMongoDbToken() {
    Checkpoint checkpoint =
        new Checkpoint("mongodb", "a1b2", "1 token 826553F1000000 1700000000.7");
    assertThat(CheckpointText.lines("orders", checkpoint))
        .containsExactly(
            "stream        orders",
            "source        mongodb",
            "fingerprint   a1b2",
            "position      1 token 826553F1000000 1700000000.7",
            "cluster time  2023-11-14T22:13:20Z, increment 7");
  }

  @Test
  void showsATimeBeyondSignedSeconds() {
    assertThat(MongoCheckpointTime.of(new Checkpoint("mongodb", "", "1 time 4294967295.1")))
        .contains("2106-02-07T06:28:15Z, increment 1");
  }

  @Test
  void showsTheTimeBeforeTheDeployment() {
    assertThat(
            MongoCheckpointTime.of(
                new Checkpoint(
                    "mongodb", "", "1 token 82AA 1700000000.7 @id=replicaSet-65f0&set=rs0")))
        .contains("2023-11-14T22:13:20Z, increment 7");
  }

  @Test
  void showsNoTimeIfThereIsNone() {
    assertThat(MongoCheckpointTime.of(new Checkpoint("lines", "", "1 time 1700000000.7")))
        .isEmpty();
    assertThat(MongoCheckpointTime.of(new Checkpoint("mongodb", "", "1 token abc"))).isEmpty();
  }

  @Test
  void escapesControlCharacters() {
    assertThat(CheckpointText.lines("a\u001b[2J", new Checkpoint("x\n", "f", "p")))
        .contains("stream        a\\u001b[2J", "source        x\\u000a");
  }
}
