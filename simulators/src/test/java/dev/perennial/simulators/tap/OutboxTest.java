package dev.perennial.simulators.tap;

import static dev.perennial.simulators.tap.OutboxFixture.A;
import static dev.perennial.simulators.tap.OutboxFixture.B;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class OutboxTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  private final OutboxFixture fixture = new OutboxFixture(TIMEOUT);

  @Nested
  class Order {

    @Test
    void sendsHistoricalEventsOfADidConcurrently() {
      assertThat(List.of(fixture.historical(A), fixture.historical(A), fixture.historical(A)))
          .isEqualTo(fixture.pollAll());
    }

    @Test
    void sendsALiveEventOnceAllBeforeItAreAckedAndNothingAfterItUntilItIsAcked() {
      long h1 = fixture.historical(A);
      long h2 = fixture.historical(A);
      long l1 = fixture.live(A);
      long l2 = fixture.live(A);
      long h3 = fixture.historical(A);
      long h4 = fixture.historical(A);
      long l3 = fixture.live(A);

      assertThat(fixture.pollAll()).containsExactly(h1, h2);
      fixture.ack(h2);
      assertThat(fixture.pollAll()).isEmpty();
      fixture.ack(h1);
      assertThat(fixture.pollAll()).containsExactly(l1);
      fixture.ack(l1);
      assertThat(fixture.pollAll()).containsExactly(l2);
      fixture.ack(l2);
      assertThat(fixture.pollAll()).containsExactly(h3, h4);
      fixture.ack(h3, h4);
      assertThat(fixture.pollAll()).containsExactly(l3);
    }

    @Test
    void holdsAHistoricalEventBackBehindALiveOneThatItselfWaits() {
      long h1 = fixture.historical(A);
      long l1 = fixture.live(A);
      long h2 = fixture.historical(A);
      assertThat(fixture.pollAll()).containsExactly(h1);
      fixture.ack(h1);
      assertThat(fixture.pollAll()).containsExactly(l1);
      fixture.ack(l1);
      assertThat(fixture.pollAll()).containsExactly(h2);
    }

    @Test
    void goesOnAfterALiveEventThatFoundNothingInItsWay() {
      long l1 = fixture.live(A);
      assertThat(fixture.pollAll()).containsExactly(l1);
      fixture.ack(l1);
      long l2 = fixture.live(A);
      assertThat(fixture.pollAll()).containsExactly(l2);
      fixture.ack(l2);
      long h1 = fixture.historical(A);
      assertThat(fixture.pollAll()).containsExactly(h1);
    }

    @Test
    void letsAnUnackedIdentityBlockTheNextLiveEventOfItsDid() {
      long identity = fixture.emit(new TapEventSpec.IdentityChange(A, "a.test", true, "active"));
      long live = fixture.live(A);
      assertThat(fixture.pollAll()).containsExactly(identity);
      fixture.ack(identity);
      assertThat(fixture.pollAll()).containsExactly(live);
    }

    @Test
    void keepsNoOrderAcrossDids() {
      long a1 = fixture.live(A);
      fixture.live(A);
      long b1 = fixture.live(B);
      assertThat(fixture.pollAll()).containsExactly(a1, b1);
    }
  }

  @Nested
  class Retries {

    @Test
    void sendAgainWhatIsInFlightForLongerThanTheTimeoutAtEachTick() {
      fixture.at(500);
      long id = fixture.historical(A);
      assertThat(fixture.pollAll()).containsExactly(id);
      fixture.at(1_000);
      fixture.retryTick();
      assertThat(fixture.pollAll()).as("500 ms old").isEmpty();
      for (int tick = 2; tick < 6; tick++) {
        fixture.at(1_000 * tick);
        fixture.retryTick();
        assertThat(fixture.pollAll()).as("one copy a tick").containsExactly(id);
      }
      fixture.ack(id);
      fixture.at(6_000);
      fixture.retryTick();
      assertThat(fixture.pollAll()).isEmpty();
    }

    @Test
    void needMoreThanTheTimeoutItself() {
      fixture.historical(A);
      fixture.pollAll();
      fixture.at(1_000);
      fixture.retryTick();
      assertThat(fixture.pollAll()).isEmpty();
      fixture.at(1_001);
      fixture.retryTick();
      assertThat(fixture.pollAll()).hasSize(1);
    }

    /**
     * Three events, a timeout of 1 s and 5.5 s without a client gave six copies of each on a real
     * server.
     */
    @Test
    void pileUpWhileNobodyIsConnected() {
      for (int i = 0; i < 3; i++) {
        fixture.historical(A);
      }
      for (int tick = 1; tick <= 5; tick++) {
        fixture.at(1_000 * tick + 1);
        fixture.retryTick();
      }
      fixture.at(5_500);
      List<Long> frames = fixture.pollAll();
      assertThat(frames).hasSize(18);
      assertThat(LongStream.rangeClosed(1, 3))
          .allSatisfy(id -> assertThat(frames.stream().filter(frame -> frame == id)).hasSize(6));
    }

    /**
     * 2,000 historical events, read at 100 a second with a timeout of 2 s, gave 10,106 frames on a
     * real server.
     */
    @Test
    void floodASlowClient() {
      OutboxFixture slow = new OutboxFixture(Duration.ofSeconds(2));
      for (int i = 0; i < 2_000; i++) {
        slow.historical("did:plc:" + i % 20);
      }
      int frames = 0;
      for (int millis = 10; slow.waiting() > 0; millis += 10) {
        slow.at(millis);
        slow.ack(slow.poll());
        frames++;
        if (millis % 2_000 == 10) {
          slow.retryTick();
        }
      }
      assertThat(frames).isBetween(10_000, 11_100);
      assertThat(slow.ledger().unackedKeys()).isEmpty();
    }

    @Test
    void keepADidsBarrierUp() {
      long l1 = fixture.live(A);
      fixture.live(A);
      fixture.pollAll();
      fixture.at(1_001);
      fixture.retryTick();
      assertThat(fixture.pollAll()).containsExactly(l1);
    }

    @Test
    void waitForRoomAndKeepOneTick() {
      OutboxFixture full = new OutboxFixture(TIMEOUT, 2);
      long h1 = full.historical(A);
      long h2 = full.historical(B);
      full.at(1_001);
      full.retryTick();
      full.at(2_001);
      full.retryTick();
      full.at(3_001);
      full.retryTick();
      assertThat(full.pollAll())
          .as("two originals, the copies of the first pass, and those of one more pass")
          .containsExactly(h1, h2, h1, h2, h1, h2);
    }
  }

  @Nested
  class FullChannel {

    @Test
    void holdsTheDeliveryOfEverythingUpAndLosesNothing() {
      OutboxFixture full = new OutboxFixture(TIMEOUT, 2);
      List<Long> emitted =
          LongStream.range(0, 7).map(i -> full.historical("did:plc:" + i)).boxed().toList();
      assertThat(full.waiting()).as("two, and the one that delivery is stuck with").isEqualTo(3);
      assertThat(full.pollAll()).isEqualTo(emitted);
    }

    @Test
    void holdsADidsWorkerUpWhileAcksStillCount() {
      OutboxFixture full = new OutboxFixture(TIMEOUT, 1);
      long h1 = full.historical(A);
      long h2 = full.historical(A);
      long h3 = full.historical(A);
      long l1 = full.live(A);
      full.ack(h1);
      assertThat(full.pollAll()).containsExactly(h1, h2, h3);
      full.ack(h2, h3);
      assertThat(full.pollAll()).containsExactly(l1);
    }
  }

  @Nested
  class Disconnects {

    @Test
    void doNotBringBackWhatWasWrittenBeforeTheRetryTick() {
      long written = fixture.historical(A);
      assertThat(fixture.poll()).isEqualTo(written);
      long notWritten = fixture.historical(A);
      assertThat(fixture.pollAll())
          .as("what the next client gets at once")
          .containsExactly(notWritten);
      fixture.ack(notWritten);
      fixture.at(1_001);
      fixture.retryTick();
      assertThat(fixture.pollAll()).containsExactly(written);
    }
  }

  @Nested
  class Deletes {

    @Test
    void comeInBatchesOfAThousandOrAtTheTick() {
      long[] ids =
          LongStream.range(0, 1_500).map(i -> fixture.historical("did:plc:" + i)).toArray();
      fixture.pollAll();
      fixture.ack(ids);
      assertThat(fixture.stored()).isEqualTo(500);
      fixture.deleteTick();
      assertThat(fixture.stored()).isZero();
    }

    @Test
    void areForgottenByARestartAndTheAckedEventsComeBack() {
      long[] ids =
          LongStream.range(0, 1_500).map(i -> fixture.historical("did:plc:" + i)).toArray();
      fixture.pollAll();
      fixture.ack(ids);
      fixture.restart();
      assertThat(fixture.pollAll()).hasSize(500).containsExactlyElementsOf(range(1_001, 1_500));
    }

    @Test
    void countAcksOfAnyId() {
      long id = fixture.historical(A);
      fixture.pollAll();
      fixture.ack(id);
      for (int i = 0; i < 998; i++) {
        fixture.ack(-1 - i);
      }
      assertThat(fixture.stored()).isEqualTo(1);
      fixture.ack(id);
      assertThat(fixture.stored()).isZero();
    }
  }

  @Nested
  class PrematureAcks {

    @Test
    void ofAnEventThatIsDeletedBeforeItsTurnLoseIt() {
      long l1 = fixture.live(A);
      long l2 = fixture.live(A);
      long l3 = fixture.live(A);
      assertThat(fixture.pollAll()).containsExactly(l1);
      fixture.ack(l2);
      fixture.deleteTick();
      fixture.ack(l1);
      assertThat(fixture.pollAll()).containsExactly(l3);
      assertThat(fixture.ledger().entries().get(1).ackedTooEarly()).isTrue();
      assertThat(fixture.ledger().entries().get(0).ackedTooEarly()).isFalse();
    }

    @Test
    void ofAnEventThatIsDeletedInFlightStallItsDidUntilTheRestart() {
      long l1 = fixture.live(A);
      long l2 = fixture.live(A);
      long l3 = fixture.live(A);
      fixture.pollAll();
      fixture.ack(l2);
      fixture.ack(l1);
      assertThat(fixture.pollAll()).containsExactly(l2);
      fixture.deleteTick();
      fixture.ack(l2);
      fixture.at(10_000);
      fixture.retryTick();
      assertThat(fixture.pollAll()).as("neither the next event nor a copy").isEmpty();
      fixture.restart();
      assertThat(fixture.pollAll()).containsExactly(l3);
    }
  }

  @Nested
  class Restarts {

    @Test
    void beginAtOneAgainWhereTheOutboxIsEmpty() {
      fixture.ack(fixture.historical(A));
      fixture.deleteTick();
      fixture.restart();
      assertThat(fixture.historical(A)).isEqualTo(1);
    }

    /** The counter begins at the largest id plus one, and is counted up before it is used. */
    @Test
    void goOnBehindTheLargestStoredId() {
      fixture.historical(A);
      fixture.historical(A);
      fixture.restart();
      assertThat(fixture.historical(A)).isEqualTo(4);
    }

    @Test
    void deliverWhatIsStoredInTheOrderOfTheIds() {
      fixture.insert(7, new TapEventSpec.RawText(B, false, ""));
      fixture.insert(3, new TapEventSpec.RawText(A, false, ""));
      fixture.restart();
      assertThat(fixture.pollAll()).containsExactly(3L, 7L);
    }

    @Test
    void forgetWhatWasInFlight() {
      long l1 = fixture.live(A);
      fixture.pollAll();
      fixture.restart();
      assertThat(fixture.pollAll()).containsExactly(l1);
      fixture.ack(l1);
      long next = fixture.live(A);
      assertThat(fixture.pollAll()).containsExactly(next);
    }
  }

  private static List<Long> range(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }
}
