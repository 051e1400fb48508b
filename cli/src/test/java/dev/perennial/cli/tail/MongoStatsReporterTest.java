package dev.perennial.cli.tail;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Batch;
import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.StreamListener.CheckpointSaved;
import dev.perennial.cli.ChildProcess;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.Position;
import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.Scope;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;

class MongoStatsReporterTest {

  private static final Instant BEGIN = Instant.parse("2026-11-22T10:00:00Z");

  private final List<String> messages = new ArrayList<>();
  private long nanos = Duration.ofHours(1).toNanos();
  private Optional<BsonTimestamp> clusterTime = Optional.empty();
  private final MongoStatsReporter stats =
      new MongoStatsReporter(() -> clusterTime, () -> nanos, messages::add);

  @Test
  void reportsRatesEveryFiveSecondsAndTotals() throws Exception {
    try (ReplicaSetSimulator mongo =
            ReplicaSetSimulator.builder().clock(InstantSource.fixed(BEGIN)).start();
        EventStream<ChangeEvent> stream = stream(mongo)) {
      for (int i = 0; i < 10; i++) {
        mongo.insert("shop.orders", new BsonDocument());
      }
      clusterTime = Optional.of(new BsonTimestamp((int) BEGIN.getEpochSecond() + 7, 1));
      int seen = 0;
      while (seen < 10) {
        Batch<ChangeEvent> batch = stream.poll(10, ChildProcess.DEADLINE);
        seen += batch.size();
        stats.onBatch(batch);
      }
      pass(Duration.ofMillis(4_999));
      stats.onBatch(stream.poll(1, Duration.ZERO));
      assertThat(messages).isEmpty();
      pass(Duration.ofMillis(1));
      stats.onBatch(stream.poll(1, Duration.ZERO));
      pass(Duration.ofSeconds(5));
      stats.onBatch(stream.poll(1, Duration.ZERO));
      stats.reportTotals();
    }
    assertThat(messages)
        .containsExactly(
            "10 events, 2.0/s in the last 5.0 s, 7 s behind the cluster",
            "10 events, 0.0/s in the last 5.0 s, 7 s behind the cluster",
            "10 events, 1.0/s in the last 10.0 s, 7 s behind the cluster");
  }

  @Test
  void reportsAnUnknownLag() {
    stats.reportTotals();
    assertThat(messages).singleElement().asString().endsWith(", lag not yet known");
  }

  private record Saved(Position position, Duration took) implements CheckpointSaved {}

  @Test
  void reducesTheLagWithoutEvents() throws Exception {
    clusterTime = Optional.of(new BsonTimestamp(-1, 1));
    stats.onCheckpointSaved(new Saved(position(-60), Duration.ZERO));
    stats.reportTotals();
    // A save of an older position does not increase the lag.
    stats.onCheckpointSaved(new Saved(position(-90), Duration.ZERO));
    stats.reportTotals();
    stats.onCheckpointSaved(new Saved(position(-1), Duration.ZERO));
    stats.reportTotals();
    assertThat(messages.stream().map(note -> note.replaceFirst(".*, ", "")).toList())
        .containsExactly(
            "59 s behind the cluster", "59 s behind the cluster", "0 s behind the cluster");
  }

  /** Returns a position at a time in seconds, given as the signed form of the unsigned value. */
  private static MongoPosition position(int seconds) throws Exception {
    try (MongoSource source =
        MongoSource.builder("mongodb://localhost").watch(Scope.cluster()).build()) {
      String text = "1 time " + Integer.toUnsignedString(seconds) + ".1";
      return source.decode(new Checkpoint(source.name(), "of another pipeline", text));
    }
  }

  private static EventStream<ChangeEvent> stream(ReplicaSetSimulator mongo) throws Exception {
    MongoSource source =
        MongoSource.builder(mongo.connectionString()).watch(Scope.parse("shop.orders")).build();
    EventStream<ChangeEvent> stream = EventStream.from(source, Checkpoints.none()).open();
    stream.awaitLive(ChildProcess.DEADLINE);
    return stream;
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }
}
