package dev.perennial.testkit.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.perennial.Batch;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.Handling;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.Recovery;
import dev.perennial.testkit.ConnectAnswer;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.SimulatedThread;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Regression tests for bugs that the simulation found, as short scripts or as seeds. Some seeds
 * failed because of bugs in the simulation itself.
 */
class FoundBySimulationTest {

  private final VirtualRuntime runtime = new VirtualRuntime(1);

  /** A notice does not come from a connection, so repeated losses must still fail the stream. */
  @Test
  void aNoticeDoesNotProveTheConnectionAfterIt() {
    ScriptedFailure lost = ScriptedFailure.positionLost("gone");
    ScriptedClientSource<String> source =
        new ScriptedClientSource<String>(runtime)
            .thereafter(connect -> ConnectAnswer.connects(c -> c.lose(lost)))
            .recoversAlways((position, cause) -> Recovery.restart(position, "gap"));
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source, Checkpoints.none()).runtime(runtime).open();
      StreamFailedException failure =
          catchThrowableOfType(
              StreamFailedException.class,
              () -> {
                for (int i = 0; i < 10; i++) {
                  stream.next().ack();
                }
              });
      assertThat(failure.reason()).isEqualTo(StreamFailedException.Reason.POSITION_LOST);
      stream.close();
    });
    assertThat(source.lostPositions()).hasSizeLessThanOrEqualTo(3);
  }

  /** The close would wait for itself until its timeout. */
  @Test
  void aListenerOfTheCloseThatClosesTheStreamDoesNotDelayIt() {
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

  /** The stream can count an ack and forget its event before the call returns. */
  @Test
  void anAckCountsFromItsBeginning() {
    for (long seed : new long[] {22_153, 26_864, 1_004_006, 1_006_935}) {
      new ServerTrackedSchedule(seed).play();
    }
  }

  /** An iterator of a closed stream ends, even if the process pulls in several ways. */
  @Test
  void anIteratorOfAClosedStreamEnds() {
    for (long seed : new long[] {33_711, 1_011_291, 1_014_698}) {
      new ClientTrackedSchedule(seed).play();
    }
  }

  @Test
  void aSecondInterruptMayComeAfterTheFirstWasThrown() {
    new ClientTrackedSchedule(191_804_221_415_472L).play();
  }

  @Test
  void aRestartedServerTakesNoAcksOnItsOldConnection() {
    new ServerTrackedSchedule(191_804_221_460_359L).play();
  }

  /** The schedule has a proved connection, one that is cut at once, and then a lost position. */
  @Test
  void recoveriesStartOverWithAnyProvedConnectionBetweenThem() {
    new ClientTrackedSchedule(1_016_996).play();
  }

  /** Close does not wait for a thread that is inside the engine, so the window must expire. */
  @Test
  void noAckCountsAfterACloseThatCouldNotWait() {
    for (long seed : new long[] {318, 593}) {
      new ServerTrackedSchedule(seed).play();
    }
    new ClientTrackedSchedule(625).play();
  }

  /** An error in one ack must not occupy the window forever. */
  @Test
  void anAckCountsEvenIfItsConnectionRunsOutOfMemory() {
    for (long seed : new long[] {2, 13, 33}) {
      new ServerTrackedSchedule(seed).play();
    }
  }

  /** A failed stream releases its claim for a standby, even if no thread is available at first. */
  @Test
  void aFailedStreamReleasesItsClaim() {
    for (long seed : new long[] {2, 18, 53, 596, 2_935}) {
      new ClientTrackedSchedule(seed).play();
    }
  }

  /** The claim that the standby waits for belongs to the killed process. */
  @Test
  void aStandbyThatFailsDoesNotReleaseTheClaimOfAnother() {
    new ClientTrackedSchedule(191_804_221_042_564L).play();
  }

  /** An error occurred while the stream recorded another error. */
  @Test
  void aFailedAttemptCountsOnceAndIsFollowedByItsDelay() {
    for (long seed : new long[] {1_795_949_769_045L, 1_795_949_819_600L}) {
      new ClientTrackedSchedule(seed).play();
    }
  }

  /** Without a thread for the store, the stream fails after the tolerated time. */
  @Test
  void aMissingThreadForTheStoreIsAnOutage() {
    new ClientTrackedSchedule(1_795_949_768_609L).play();
  }

  /** Two closes in a row get no thread, but the third does. */
  @Test
  void theNextCloseReleasesTheClaim() {
    new ClientTrackedSchedule(191_804_221_006_991L).play();
  }

  /** In this schedule, six acks were not sent but only two were reported. */
  @Test
  void acksThatAreNotSentAreReported() {
    new ServerTrackedSchedule(191_804_221_044_791L).play();
  }

  /** The first close, with a timeout of zero, gets no thread; the second one tries again. */
  @Test
  void aSecondCloseReleasesTheClaimIfTheFirstHadNoThread() {
    for (long seed : new long[] {156, 1_166}) {
      new ClientTrackedSchedule(seed).play();
    }
  }

  /** A redelivery over the memory limit is a new event, so its old ack must not be reported. */
  @Test
  void aForgottenEventHasNoAckToReport() {
    new ServerTrackedSchedule(1_795_950_096_158L).play();
  }

  /** All events were acked but not saved, and one was delivered again while the close began. */
  @Test
  void anEventThatComesWhileTheStreamIsClosedIsReportedAsUnacked() {
    new ClientTrackedSchedule(20_261_130_026_971L).play();
  }

  /** There was no memory for the time of a change of the state, which was then not reported. */
  @Test
  void aChangeOfTheStateIsReportedWithoutItsTime() {
    new ClientTrackedSchedule(20_261_130_055_196L).play();
  }

  private static final Duration HOUR = Duration.ofHours(1);

  private EventStream<String> streamOf(String... events) {
    ScriptedClientSource<String> source =
        new ScriptedClientSource<String>(runtime)
            .thereafter(connect ->
                ConnectAnswer.connects(lines -> {
                  for (int i = 1; i <= events.length; i++) {
                    lines.event(i, events[i - 1]);
                  }
                  lines.end();
                }));
    return EventStream.from(source, Checkpoints.none()).runtime(runtime).open();
  }

  /** A thread was started between the check that the stream runs and the handler. */
  @Test
  void noHandlerBeginsOnceTheStreamIsClosed() {
    List<String> handled = new ArrayList<>();
    AtomicInteger tasks = new AtomicInteger();
    runtime.run(() -> {
      EventStream<String> stream = streamOf("a", "b");
      Executor closing =
          task -> {
            if (tasks.incrementAndGet() > 1) {
              stream.close();
            }
            runtime.execute(task);
          };
      stream.consume(
          delivery -> handled.add(delivery.event()),
          Handling.<String>unordered(2).executor(closing));
      assertThat(handled).isEmpty();
    });
  }

  /** The nacked event after it came first. */
  @Test
  void anEventThatAnIteratorHasFetchedKeepsItsPlace() {
    List<String> handled = new ArrayList<>();
    runtime.run(() -> {
      EventStream<String> stream = streamOf("a", "b");
      interruptedAfter(stream, batch -> batch.nack(Duration.ZERO));
      assertThat(stream.iterator().hasNext()).isTrue();
      stream.consume(delivery -> handled.add(delivery.event()));
      assertThat(handled).containsExactly("a", "b");
      stream.close();
    });
  }

  /** Whichever was due first came first. */
  @Test
  void inOrderANackedEventWaitsForThoseBeforeIt() {
    List<String> handled = new ArrayList<>();
    runtime.run(() -> {
      EventStream<String> stream = streamOf("a", "b");
      interruptedAfter(
          stream,
          batch -> {
            batch.deliveries().get(0).nack(HOUR);
            batch.deliveries().get(1).nack();
          });
      stream.consume(delivery -> handled.add(delivery.event()));
      assertThat(handled).containsExactly("a", "b");
      stream.close();
    });
  }

  /** Handles the first two events in order, as a batch, and then interrupts the call. */
  private static void interruptedAfter(EventStream<String> stream, Consumer<Batch<String>> settle) {
    assertThatThrownBy(() ->
            stream.consumeBatches(
                2,
                Duration.ofSeconds(1),
                batch -> {
                  settle.accept(batch);
                  throw new InterruptedException("after the first batch");
                },
                Handling.inOrder()))
        .isInstanceOf(InterruptedException.class);
  }

  /** The event was neither handled nor settled, because a sink of an earlier call was to get it. */
  @Test
  void aDeadLetterThatWasNotAcceptedIsHandledInTheNextCall() {
    List<String> handled = new ArrayList<>();
    runtime.run(() -> {
      EventStream<String> stream = streamOf("a");
      Handling<String> deadLetter =
          Handling.<String>inOrder()
              .thenDeadLetter((delivery, error) -> {
                throw new InterruptedException("before the sink has accepted");
              });
      assertThatThrownBy(() ->
              stream.consume(
                  delivery -> {
                    throw new IllegalStateException("poison");
                  },
                  deadLetter))
          .isInstanceOf(InterruptedException.class);
      stream.consume(delivery -> handled.add(delivery.event()), Handling.inOrder());
      assertThat(handled).containsExactly("a");
      stream.close();
    });
  }

  /** The nacked event came first, and the one before it waited for it. */
  @Test
  void perKeyTheNextCallHandlesAnEventThatHasComeAgainBeforeTheNackedOneAfterIt() {
    List<String> handled = new ArrayList<>();
    runtime.run(() -> {
      EventStream<String> stream = streamOf("a", "b");
      Handling<String> perKey = Handling.inOrderPerKey(event -> "key", 1);
      SimulatedThread first =
          runtime.spawn(
              "first call",
              () ->
                  assertThatThrownBy(() ->
                          stream.consumeBatches(
                              2,
                              Duration.ZERO,
                              batch -> {
                                batch.deliveries().get(0).nack();
                                batch.deliveries().get(1).nack(HOUR);
                              },
                              perKey))
                      .isInstanceOf(InterruptedException.class));
      runtime.sleep(Duration.ofSeconds(1));
      first.interrupt();
      first.join();
      stream.consume(delivery -> handled.add(delivery.event()), perKey);
      assertThat(handled).containsExactly("a", "b");
      stream.close();
    });
  }

  /** The second event was skipped, although the first one was to come again. */
  @Test
  void aFailedEventThatANackedOneHoldsUpComesAgainWithIt() {
    List<List<String>> batches = new ArrayList<>();
    runtime.run(() -> {
      EventStream<String> stream = streamOf("a", "b");
      stream.consumeBatches(
          2,
          Duration.ofSeconds(1),
          batch -> {
            batches.add(eventsOf(batch));
            if (batches.size() == 1) {
              batch.deliveries().get(0).nack(HOUR);
              throw new IllegalStateException("after a nack");
            }
          },
          Handling.<String>inOrder().thenSkip());
      stream.close();
    });
    assertThat(batches).containsExactly(List.of("a", "b"), List.of("a", "b"));
  }

  /** The nacked event held up those before it, again and again. */
  @Test
  void aNackedEventDoesNotHoldUpTheEndOfThoseBeforeIt() {
    List<List<String>> batches = new ArrayList<>();
    runtime.run(() -> {
      EventStream<String> stream = streamOf("a", "b", "c");
      stream.consumeBatches(
          3,
          Duration.ofSeconds(1),
          batch -> {
            List<String> events = eventsOf(batch);
            batches.add(events);
            if (batches.size() > 20) {
              stream.close();
            } else if (!events.equals(List.of("c"))) {
              batch.deliveries().stream().skip(2).forEach(Delivery::nack);
              throw new IllegalStateException("after a nack");
            }
          },
          Handling.<String>inOrder().thenSkip());
      stream.close();
    });
    assertThat(batches)
        .containsExactly(List.of("a", "b", "c"), List.of("a"), List.of("b"), List.of("c"));
  }

  private static List<String> eventsOf(Batch<String> batch) {
    return batch.deliveries().stream().map(Delivery::event).toList();
  }

  /** Another thread nacked an event after the handler of its half had returned. */
  @Test
  void noEventOvertakesOneThatAnotherThreadNacksBetweenTheHalvesOfABatch() {
    new ServerTrackedSchedule(2_015_612, true).play();
  }

  /** These seeds failed while the handling and its simulation were new. */
  @Test
  void theHandlingKeepsTheInvariants() {
    for (long seed :
        new long[] {
          54, 103, 645, 713, 2_070, 2_602, 2_798, 2_841, 3_775, 4_734, 4_740, 1_039_551, 15_013_710
        }) {
      new ClientTrackedSchedule(seed, true).play();
    }
    for (long seed :
        new long[] {
          529,
          933,
          1_163,
          1_483,
          1_980,
          3_160,
          4_268,
          5_232,
          5_797,
          5_925,
          14_748,
          1_070_800,
          2_009_082,
          2_023_873,
          2_037_353,
          7_050_723,
          15_005_071
        }) {
      new ServerTrackedSchedule(seed, true).play();
    }
  }
}
