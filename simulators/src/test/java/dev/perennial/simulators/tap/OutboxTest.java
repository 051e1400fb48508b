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

  private final OutboxFixture rig = new OutboxFixture(TIMEOUT);

  @Nested
  class Order {

    @Test
    void sendsHistoricalEventsOfADidConcurrently() {
      assertThat(List.of(rig.historical(A), rig.historical(A), rig.historical(A)))
          .isEqualTo(rig.pollAll());
    }

    @Test
    void sendsALiveEventOnceAllBeforeItAreAckedAndNothingAfterItUntilItIsAcked() {
      long h1 = rig.historical(A);
      long h2 = rig.historical(A);
      long l1 = rig.live(A);
      long l2 = rig.live(A);
      long h3 = rig.historical(A);
      long h4 = rig.historical(A);
      long l3 = rig.live(A);

      assertThat(rig.pollAll()).containsExactly(h1, h2);
      rig.ack(h2);
      assertThat(rig.pollAll()).isEmpty();
      rig.ack(h1);
      assertThat(rig.pollAll()).containsExactly(l1);
      rig.ack(l1);
      assertThat(rig.pollAll()).containsExactly(l2);
      rig.ack(l2);
      assertThat(rig.pollAll()).containsExactly(h3, h4);
      rig.ack(h3, h4);
      assertThat(rig.pollAll()).containsExactly(l3);
    }

    @Test
    void holdsAHistoricalEventBackBehindALiveOneThatItselfWaits() {
      long h1 = rig.historical(A);
      long l1 = rig.live(A);
      long h2 = rig.historical(A);
      assertThat(rig.pollAll()).containsExactly(h1);
      rig.ack(h1);
      assertThat(rig.pollAll()).containsExactly(l1);
      rig.ack(l1);
      assertThat(rig.pollAll()).containsExactly(h2);
    }

    @Test
    void goesOnAfterALiveEventThatFoundNothingInItsWay() {
      long l1 = rig.live(A);
      assertThat(rig.pollAll()).containsExactly(l1);
      rig.ack(l1);
      long l2 = rig.live(A);
      assertThat(rig.pollAll()).containsExactly(l2);
      rig.ack(l2);
      long h1 = rig.historical(A);
      assertThat(rig.pollAll()).containsExactly(h1);
    }

    @Test
    void letsAnUnackedIdentityBlockTheNextLiveEventOfItsDid() {
      long identity = rig.emit(new TapEventSpec.IdentityChange(A, "a.test", true, "active"));
      long live = rig.live(A);
      assertThat(rig.pollAll()).containsExactly(identity);
      rig.ack(identity);
      assertThat(rig.pollAll()).containsExactly(live);
    }

    @Test
    void keepsNoOrderAcrossDids() {
      long a1 = rig.live(A);
      rig.live(A);
      long b1 = rig.live(B);
      assertThat(rig.pollAll()).containsExactly(a1, b1);
    }
  }

  @Nested
  class Retries {

    @Test
    void sendAgainWhatIsInFlightForLongerThanTheTimeoutAtEachTick() {
      rig.at(500);
      long id = rig.historical(A);
      assertThat(rig.pollAll()).containsExactly(id);
      rig.at(1_000);
      rig.retryTick();
      assertThat(rig.pollAll()).as("500 ms old").isEmpty();
      for (int tick = 2; tick < 6; tick++) {
        rig.at(1_000 * tick);
        rig.retryTick();
        assertThat(rig.pollAll()).as("one copy a tick").containsExactly(id);
      }
      rig.ack(id);
      rig.at(6_000);
      rig.retryTick();
      assertThat(rig.pollAll()).isEmpty();
    }

    @Test
    void needMoreThanTheTimeoutItself() {
      rig.historical(A);
      rig.pollAll();
      rig.at(1_000);
      rig.retryTick();
      assertThat(rig.pollAll()).isEmpty();
      rig.at(1_001);
      rig.retryTick();
      assertThat(rig.pollAll()).hasSize(1);
    }

    /**
     * Three events, a timeout of 1 s and 5.5 s without a client gave six copies of each on a real
     * server.
     */
    @Test
    void pileUpWhileNobodyIsConnected() {
      for (int i = 0; i < 3; i++) {
        rig.historical(A);
      }
      for (int tick = 1; tick <= 5; tick++) {
        rig.at(1_000 * tick + 1);
        rig.retryTick();
      }
      rig.at(5_500);
      List<Long> frames = rig.pollAll();
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
      long l1 = rig.live(A);
      rig.live(A);
      rig.pollAll();
      rig.at(1_001);
      rig.retryTick();
      assertThat(rig.pollAll()).containsExactly(l1);
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
      long written = rig.historical(A);
      assertThat(rig.poll()).isEqualTo(written);
      long notWritten = rig.historical(A);
      assertThat(rig.pollAll()).as("what the next client gets at once").containsExactly(notWritten);
      rig.ack(notWritten);
      rig.at(1_001);
      rig.retryTick();
      assertThat(rig.pollAll()).containsExactly(written);
    }
  }

  @Nested
  class Deletes {

    @Test
    void comeInBatchesOfAThousandOrAtTheTick() {
      long[] ids = LongStream.range(0, 1_500).map(i -> rig.historical("did:plc:" + i)).toArray();
      rig.pollAll();
      rig.ack(ids);
      assertThat(rig.stored()).isEqualTo(500);
      rig.deleteTick();
      assertThat(rig.stored()).isZero();
    }

    @Test
    void areForgottenByARestartAndTheAckedEventsComeBack() {
      long[] ids = LongStream.range(0, 1_500).map(i -> rig.historical("did:plc:" + i)).toArray();
      rig.pollAll();
      rig.ack(ids);
      rig.restart();
      assertThat(rig.pollAll()).hasSize(500).containsExactlyElementsOf(range(1_001, 1_500));
    }

    @Test
    void countAcksOfAnyId() {
      long id = rig.historical(A);
      rig.pollAll();
      rig.ack(id);
      for (int i = 0; i < 998; i++) {
        rig.ack(-1 - i);
      }
      assertThat(rig.stored()).isEqualTo(1);
      rig.ack(id);
      assertThat(rig.stored()).isZero();
    }
  }

  @Nested
  class PrematureAcks {

    @Test
    void ofAnEventThatIsDeletedBeforeItsTurnLoseIt() {
      long l1 = rig.live(A);
      long l2 = rig.live(A);
      long l3 = rig.live(A);
      assertThat(rig.pollAll()).containsExactly(l1);
      rig.ack(l2);
      rig.deleteTick();
      rig.ack(l1);
      assertThat(rig.pollAll()).containsExactly(l3);
      assertThat(rig.ledger().entries().get(1).ackedTooEarly()).isTrue();
      assertThat(rig.ledger().entries().get(0).ackedTooEarly()).isFalse();
    }

    @Test
    void ofAnEventThatIsDeletedInFlightStallItsDidUntilTheRestart() {
      long l1 = rig.live(A);
      long l2 = rig.live(A);
      long l3 = rig.live(A);
      rig.pollAll();
      rig.ack(l2);
      rig.ack(l1);
      assertThat(rig.pollAll()).containsExactly(l2);
      rig.deleteTick();
      rig.ack(l2);
      rig.at(10_000);
      rig.retryTick();
      assertThat(rig.pollAll()).as("neither the next event nor a copy").isEmpty();
      rig.restart();
      assertThat(rig.pollAll()).containsExactly(l3);
    }
  }

  @Nested
  class Restarts {

    @Test
    void beginAtOneAgainWhereTheOutboxIsEmpty() {
      rig.ack(rig.historical(A));
      rig.deleteTick();
      rig.restart();
      assertThat(rig.historical(A)).isEqualTo(1);
    }

    /** The counter begins at the largest id plus one, and is counted up before it is used. */
    @Test
    void goOnBehindTheLargestStoredId() {
      rig.historical(A);
      rig.historical(A);
      rig.restart();
      assertThat(rig.historical(A)).isEqualTo(4);
    }

    @Test
    void deliverWhatIsStoredInTheOrderOfTheIds() {
      rig.insert(7, new TapEventSpec.RawText(B, false, ""));
      rig.insert(3, new TapEventSpec.RawText(A, false, ""));
      rig.restart();
      assertThat(rig.pollAll()).containsExactly(3L, 7L);
    }

    @Test
    void forgetWhatWasInFlight() {
      long l1 = rig.live(A);
      rig.pollAll();
      rig.restart();
      assertThat(rig.pollAll()).containsExactly(l1);
      rig.ack(l1);
      long next = rig.live(A);
      assertThat(rig.pollAll()).containsExactly(next);
    }
  }

  private static List<Long> range(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }
}
