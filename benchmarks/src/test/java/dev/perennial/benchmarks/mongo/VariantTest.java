package dev.perennial.benchmarks.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import java.time.Duration;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // before all
class VariantTest {

  private static final int EVENTS = 1_500;
  private static final Size SIZE = Size.MEDIUM;

  private ReplicaSetSimulator servers;
  private BsonTimestamp start;

  @BeforeAll
  void fill() {
    servers = ReplicaSetSimulator.builder().periodicNoop(Duration.ZERO).start();
    start = servers.noop();
    servers.insertAll(SIZE.namespace(), SIZE.orders(EVENTS));
  }

  @AfterAll
  void stop() {
    servers.close();
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("all loops read the same, and what one event holds more than the envelope counts")
  void sameTally(Reading reading) throws Exception {
    long expected = tally(Variant.DRIVER, reading);
    for (Variant variant : Variant.values()) {
      assertThat(tally(variant, reading)).as(variant.title).isEqualTo(expected);
    }
    assertThat(tally(Variant.DRIVER, Reading.ENVELOPE))
        .isNotEqualTo(tally(Variant.DRIVER, Reading.ONE_FIELD));
  }

  private long tally(Variant variant, Reading reading) throws Exception {
    try (Loop.Opener opener = variant.opener(servers.connectionString(), reading)) {
      Turn turn = Turn.take(opener, SIZE, start, EVENTS);
      assertThat(turn.events()).isEqualTo(3 * (EVENTS - 101));
      assertThat(turn.bytes()).isPositive();
      assertThat(Turn.parse(turn.text())).isEqualTo(turn);
      return turn.tally();
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("each loop saves the token of an event as it goes")
  void saves(Variant variant) throws Exception {
    try (Loop.Opener opener = variant.opener(servers.connectionString(), Reading.ENVELOPE);
        Loop loop = opener.open(SIZE, start, new Tally())) {
      for (int handled = 0; handled < EVENTS; ) {
        handled += loop.handle();
      }
      // A stream saves off the loop's thread.
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> loop.saved().matches(".*82[0-9A-F]{40,}.*"));
    }
  }
}
