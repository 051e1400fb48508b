package dev.perennial.testkit.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.Recovery;
import dev.perennial.testkit.ConnectAnswer;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * What the simulation found once, in as few steps as it takes; and the schedules that failed though
 * the stream was right, because the simulation itself was wrong.
 */
class FoundBySimulationTest {

  private final VirtualRuntime runtime = new VirtualRuntime(1);

  /**
   * A notice comes of no connection, so a position that is lost again and again still ends the
   * stream.
   */
  @Test
  void aNoticeDoesNotProveTheConnectionBehindIt() {
    ScriptedFailure lost = ScriptedFailure.positionLost("gone");
    ScriptedClientSource<String> source =
        new ScriptedClientSource<String>(runtime)
            .thereafter(connect -> ConnectAnswer.connects(c -> c.lose(lost)))
            .recoversAlways((position, cause) -> Recovery.restart(position, "gap"));
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.none()).runtime(runtime).open();
      StreamFailedException death =
          catchThrowableOfType(
              StreamFailedException.class,
              () -> {
                for (int i = 0; i < 10; i++) {
                  stream.next().ack();
                }
              });
      assertThat(death.reason()).isEqualTo(StreamFailedException.Reason.POSITION_LOST);
      stream.close();
    });
    assertThat(source.lostPositions()).hasSizeLessThanOrEqualTo(3);
  }

  /** It would wait for itself, until its time is over. */
  @Test
  void aListenerThatClosesTheStreamWhenItIsToldOfTheCloseDoesNotHoldItUp() {
    ScriptedServerSource<String> source = new ScriptedServerSource<>(runtime);
    AtomicReference<EventStream<String>> opened = new AtomicReference<>();
    StreamListener closer =
        new StreamListener() {
          @Override
          public void onTransition(Transition transition) {
            if (transition.to() == StreamState.CLOSING) {
              opened.get().close(Duration.ofSeconds(9));
            }
          }
        };
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source).listener(closer).runtime(runtime).open();
      opened.set(stream);
      assertThat(stream.next(Duration.ofSeconds(1))).isEmpty();
      stream.close(Duration.ofSeconds(9));
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
      assertThat(runtime.elapsed()).isLessThan(Duration.ofSeconds(2));
    });
  }

  /** The stream may count an ack, and forget its event, before the call returns. */
  @Test
  void anAckCountsFromItsBeginning() {
    for (long seed : new long[] {22_153, 26_864, 1_004_006, 1_006_935}) {
      new ServerTrackedSchedule(seed).play();
    }
  }

  /** An iterator of a closed stream ends, also where a process pulls in several ways. */
  @Test
  void aPullOfAClosedStreamMayReturnIfItIsAnIterators() {
    for (long seed : new long[] {33_711, 1_011_291, 1_014_698}) {
      new ClientTrackedSchedule(seed).play();
    }
  }

  @Test
  void aSecondInterruptMayComeAfterTheFirstWasThrown() {
    new ClientTrackedSchedule(191_804_221_415_472L).play();
  }

  @Test
  void aServerThatRestartedTakesNoAcksOfItsOldConnection() {
    new ServerTrackedSchedule(191_804_221_460_359L).play();
  }

  /** A proved connection, one that is cut at once, and then the position is lost. */
  @Test
  void recoveriesStartOverWithAnyProvedConnectionBetweenThem() {
    new ClientTrackedSchedule(1_016_996).play();
  }

  /** The closer does not wait for a thread that is inside the engine, and the window expires. */
  @Test
  void noAckCountsAfterACloseThatCouldNotWait() {
    for (long seed : new long[] {318, 593}) {
      new ServerTrackedSchedule(seed).play();
    }
    new ClientTrackedSchedule(625).play();
  }

  /** An error in one ack must not take a place in the window for good. */
  @Test
  void anAckWithoutMemoryForItsConnectionCountsAllTheSame() {
    for (long seed : new long[] {2, 13, 33}) {
      new ServerTrackedSchedule(seed).play();
    }
  }

  /** A dead stream lets its standby have the claim, also if there is no thread at that moment. */
  @Test
  void aDeadStreamGivesUpItsClaim() {
    for (long seed : new long[] {2, 18, 53, 596, 2_935}) {
      new ClientTrackedSchedule(seed).play();
    }
  }

  /** What a standby waits for is the claim of the process that was killed, not its own. */
  @Test
  void aStandbyThatGivesUpLeavesTheClaimOfAnother() {
    new ClientTrackedSchedule(191_804_221_042_564L).play();
  }

  /** Of two errors in a row, one was in noting what the other meant. */
  @Test
  void aFailedAttemptCountsOnceAndIsFollowedByItsDelay() {
    for (long seed : new long[] {1_795_949_769_045L, 1_795_949_819_600L}) {
      new ClientTrackedSchedule(seed).play();
    }
  }

  /**
   * A store for which no thread can be had for as long as an outage is tolerated ends the stream.
   */
  @Test
  void noThreadForTheStoreIsAnOutageOfIt() {
    new ClientTrackedSchedule(1_795_949_768_609L).play();
  }

  /** Two closes in a row find no thread; the third does. */
  @Test
  void aClaimIsReleasedByTheNextClose() {
    new ClientTrackedSchedule(191_804_221_006_991L).play();
  }

  /** Six acks were once not sent here, of which two were reported. */
  @Test
  void acksThatAreNotSentAreReported() {
    new ServerTrackedSchedule(191_804_221_044_791L).play();
  }

  /** A second close asks again for a thread that the first one, without time, did not get. */
  @Test
  void aSecondCloseGivesUpTheClaimForWhichTheFirstHadNoThread() {
    for (long seed : new long[] {156, 1_166}) {
      new ClientTrackedSchedule(seed).play();
    }
  }

  /** An event that comes again beyond the memory is new, and its old ack is nobody's any more. */
  @Test
  void anEventThatComesAgainBeyondTheMemoryHasNoAckToReport() {
    new ServerTrackedSchedule(1_795_950_096_158L).play();
  }
}
