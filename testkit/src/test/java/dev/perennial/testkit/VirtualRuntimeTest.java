package dev.perennial.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.StreamRuntime.Signal;
import dev.perennial.port.StreamRuntime.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class VirtualRuntimeTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

  private final VirtualRuntime runtime = new VirtualRuntime(42);
  private final List<String> log = new ArrayList<>();

  // --- one seed, one run

  @Property(tries = 200)
  void oneSeedAlwaysGivesTheSameRun(@ForAll long seed) {
    assertThat(traceOfEverything(seed)).isEqualTo(traceOfEverything(seed));
  }

  @Test
  void differentSeedsGiveDifferentRuns() {
    Set<List<String>> traces = new HashSet<>();
    for (int seed = 0; seed < 20; seed++) {
      traces.add(traceOfEverything(seed));
    }
    assertThat(traces).hasSizeGreaterThan(15);
  }

  /**
   * Returns the trace of a run that uses every call: signals, timeouts, timers, tasks, interrupts,
   * randomness and a killed process.
   */
  private static List<String> traceOfEverything(long seed) {
    VirtualRuntime runtime =
        new VirtualRuntime(seed).recordTrace().stepsTakeUpTo(Duration.ofNanos(500));
    List<String> results = new ArrayList<>();
    runtime.run(() -> {
      Signal signal = runtime.newSignal();
      AtomicInteger done = new AtomicInteger();
      VirtualProcess doomed = runtime.process("doomed");
      for (int i = 0; i < 3; i++) {
        int number = i;
        runtime.spawn(
            "worker-" + i,
            () -> {
              for (int j = 0; j < 3; j++) {
                runtime.sleep(Duration.ofMillis((long) (runtime.random() * 3)));
                runtime.execute(() -> {
                  done.incrementAndGet();
                  signal.raise();
                });
                results.add(number + " " + runtime.nanoTime());
              }
            });
        doomed.spawn("doomed-" + i, () -> signal.await(() -> done.get() == 8, FOREVER));
      }
      SimulatedThread sleeper =
          runtime.spawn(
              "sleeper",
              () -> assertThatThrownBy(runtime::hang).isInstanceOf(InterruptedException.class));
      runtime.schedule(Duration.ofMillis(1), sleeper::interrupt);
      runtime.schedule(Duration.ofMillis(2), () -> results.add("timer at " + done));
      signal.await(() -> done.get() >= 4, FOREVER);
      doomed.kill();
      signal.await(() -> done.get() == 9, FOREVER);
      sleeper.join();
    });
    results.addAll(runtime.trace());
    results.add("" + runtime.traceHash());
    return results;
  }

  @Test
  void someSeedsFindARaceThatNeedsASwitchAtOnePoint() {
    int lost = 0;
    for (int seed = 0; seed < 100; seed++) {
      VirtualRuntime runtime = new VirtualRuntime(seed);
      int[] counter = {0};
      runtime.run(() -> {
        for (int i = 0; i < 2; i++) {
          runtime.spawn(
              "incrementer",
              () -> {
                int before = counter[0];
                runtime.pause();
                counter[0] = before + 1;
              });
        }
      });
      lost += counter[0] == 1 ? 1 : 0;
    }
    assertThat(lost).isBetween(5, 95);
  }

  // --- time

  @Test
  void timeJumpsWhenNoThreadCanRun() {
    runtime.run(() -> {
      Instant before = runtime.now();
      long nanos = runtime.nanoTime();
      runtime.sleep(Duration.ofHours(3));
      assertThat(runtime.now()).isEqualTo(before.plusSeconds(3 * 3600));
      assertThat(runtime.nanoTime() - nanos).isEqualTo(Duration.ofHours(3).toNanos());
    });
    assertThat(runtime.elapsed()).isEqualTo(Duration.ofHours(3));
  }

  @Test
  void timersRunAtTheirTimeAndCancelledOnesDoNot() {
    runtime.run(() -> {
      runtime.schedule(SECOND.multipliedBy(2), () -> log.add("second at " + runtime.elapsed()));
      runtime.schedule(SECOND, () -> log.add("first at " + runtime.elapsed()));
      Timer cancelled = runtime.schedule(SECOND, () -> log.add("cancelled"));
      cancelled.cancel();
      cancelled.cancel();
      runtime.schedule(SECOND.multipliedBy(9), () -> log.add("after the end"));
      runtime.sleep(SECOND.multipliedBy(3));
    });
    assertThat(log).containsExactly("first at PT1S", "second at PT2S");
    assertThat(runtime.elapsed()).isEqualTo(SECOND.multipliedBy(3));
  }

  /** An interrupt between the check of the flag and the wait must not be lost. */
  @Test
  void anInterruptReachesAWaitThatIsJustBeginning() {
    for (int seed = 1; seed <= 50; seed++) {
      VirtualRuntime every = new VirtualRuntime(seed).switchOneIn(1);
      every.run(() -> {
        List<ThrowingTask> waits = List.of(every::hang, () -> every.sleep(SECOND));
        for (ThrowingTask wait : waits) {
          SimulatedThread waiting =
              every.spawn(
                  "waiting",
                  () -> assertThatThrownBy(wait::run).isInstanceOf(InterruptedException.class));
          waiting.interrupt();
          assertThat(waiting.join(SECOND.dividedBy(2))).isTrue();
        }
      });
    }
  }

  @Test
  void timersThatAreNeitherDueNorCancelledArePending() {
    runtime.run(() -> {
      VirtualProcess process = runtime.process("p");
      Timer first = process.schedule(SECOND, () -> {});
      process.schedule(SECOND.multipliedBy(2), () -> {});
      runtime.schedule(SECOND.multipliedBy(3), () -> {});
      assertThat(process.pendingTimers()).isEqualTo(2);
      assertThat(runtime.pendingTimers()).isEqualTo(3);
      first.cancel();
      assertThat(process.pendingTimers()).isEqualTo(1);
      runtime.sleep(SECOND.multipliedBy(2));
      assertThat(process.pendingTimers()).isZero();
      process.schedule(SECOND, () -> {});
      process.kill();
      assertThat(process.pendingTimers()).isZero();
      assertThat(runtime.pendingTimers()).isEqualTo(1);
    });
    assertThat(runtime.pendingTimers()).isEqualTo(1);
  }

  @Test
  void aTimerThatIsDueCanStillBeCancelled() {
    int ran = 0;
    for (int seed = 0; seed < 50; seed++) {
      VirtualRuntime runtime = new VirtualRuntime(seed);
      AtomicBoolean fired = new AtomicBoolean();
      runtime.run(() -> {
        Timer timer = runtime.schedule(SECOND, () -> fired.set(true));
        runtime.sleep(SECOND);
        timer.cancel();
      });
      ran += fired.get() ? 1 : 0;
    }
    assertThat(ran).isBetween(1, 49);
  }

  @Test
  void stepsMayTakeTime() {
    VirtualRuntime slow = new VirtualRuntime(1).stepsTakeUpTo(Duration.ofMillis(1));
    slow.run(() -> {
      for (int i = 0; i < 1000; i++) {
        slow.pause();
      }
    });
    assertThat(slow.elapsed()).isBetween(Duration.ofMillis(400), Duration.ofMillis(600));
  }

  // --- waiting

  @Test
  void awaitReturnsOnceTheSignalWasRaisedAndTheConditionHolds() {
    runtime.run(() -> {
      Signal signal = runtime.newSignal();
      AtomicBoolean open = new AtomicBoolean();
      SimulatedThread waiter =
          runtime.spawn("waiter", () -> assertThat(signal.await(open::get, FOREVER)).isTrue());
      signal.raise();
      runtime.sleep(SECOND);
      assertThat(waiter.hasEnded()).isFalse();
      open.set(true);
      signal.raise();
      waiter.join();
      assertThat(runtime.elapsed()).isEqualTo(SECOND);
    });
  }

  @Test
  void aForgottenRaiseIsADeadlockThatNamesEveryThreadAndTheSeed() {
    assertThatThrownBy(() ->
            runtime.run(() -> {
              Signal signal = runtime.newSignal();
              AtomicBoolean open = new AtomicBoolean();
              SimulatedThread waiter =
                  runtime.spawn("waiter", () -> signal.await(open::get, FOREVER));
              runtime.sleep(SECOND);
              open.set(true);
              waiter.join();
            }))
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("Deadlock")
        .hasMessageContaining("'waiter' waits for signal-1")
        .hasMessageContaining("'main' waits for the end of 'waiter'")
        .hasMessageContaining(VirtualRuntimeTest.class.getSimpleName() + ".java")
        .hasMessageContaining("Repeat the run with new VirtualRuntime(42).");
  }

  @Test
  void aForgottenRaiseDelaysAWaitUntilItsTimeout() {
    runtime.run(() -> {
      Signal signal = runtime.newSignal();
      AtomicBoolean open = new AtomicBoolean();
      SimulatedThread waiter =
          runtime.spawn(
              "waiter", () -> assertThat(signal.await(open::get, SECOND.multipliedBy(9))).isTrue());
      runtime.sleep(SECOND);
      open.set(true);
      waiter.join();
      assertThat(runtime.elapsed()).isEqualTo(SECOND.multipliedBy(9));
    });
  }

  @Test
  void awaitReturnsFalseAtItsTimeoutAndChecksOnceIfThatIsZero() {
    runtime.run(() -> {
      Signal signal = runtime.newSignal();
      assertThat(signal.await(() -> false, SECOND)).isFalse();
      assertThat(signal.await(() -> false, Duration.ZERO)).isFalse();
      assertThat(signal.await(() -> true, Duration.ZERO)).isTrue();
      assertThat(runtime.elapsed()).isEqualTo(SECOND);
    });
  }

  @Test
  void aConditionMustNotWait() {
    runtime.run(() -> {
      Signal signal = runtime.newSignal();
      assertThatThrownBy(() ->
              signal.await(
                  () -> {
                    try {
                      return signal.await(() -> true, SECOND);
                    } catch (InterruptedException e) {
                      throw new AssertionError(e);
                    }
                  },
                  SECOND))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("Write a condition that does not wait");
    });
  }

  // --- interrupts

  @Property(tries = 50)
  void anInterruptEndsTheWaitOfAThreadWithoutTheTurn(@ForAll long seed) {
    VirtualRuntime runtime = new VirtualRuntime(seed);
    runtime.run(() -> {
      Signal signal = runtime.newSignal();
      AtomicReference<Thread> thread = new AtomicReference<>();
      AtomicBoolean interruptedYet = new AtomicBoolean();
      SimulatedThread waiter =
          runtime.spawn(
              "waiter",
              () -> {
                thread.set(Thread.currentThread());
                assertThatThrownBy(() -> signal.await(() -> false, FOREVER))
                    .isInstanceOf(InterruptedException.class);
                assertThat(interruptedYet).isTrue();
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
              });
      runtime.sleep(SECOND);
      thread.get().interrupt();
      assertThat(thread.get().isInterrupted()).isTrue();
      // The waiter must not run before it gets the turn.
      interruptedYet.set(true);
      waiter.join();
      assertThat(runtime.elapsed()).isEqualTo(SECOND);
    });
  }

  @Test
  void anInterruptDoesNotEndAWaitWhoseConditionHolds() {
    runtime.run(() -> {
      Signal signal = runtime.newSignal();
      Thread.currentThread().interrupt();
      assertThat(signal.await(() -> true, SECOND)).isTrue();
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
      assertThatThrownBy(() -> signal.await(() -> false, SECOND))
          .isInstanceOf(InterruptedException.class);
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
    });
  }

  @Test
  void aThreadWhoseFlagIsSetStillTakesTurns() {
    VirtualRuntime alternating = new VirtualRuntime(7).switchOneIn(1);
    alternating.run(() -> {
      Thread.currentThread().interrupt();
      SimulatedThread other =
          alternating.spawn(
              "other",
              () -> {
                for (int i = 0; i < 50; i++) {
                  alternating.pause();
                  assertThat(Thread.currentThread().isInterrupted()).isFalse();
                }
              });
      for (int i = 0; i < 50; i++) {
        alternating.pause();
        assertThat(Thread.currentThread().isInterrupted()).isTrue();
      }
      assertThat(Thread.interrupted()).isTrue();
      other.join();
    });
  }

  @Test
  void anInterruptOfATaskFailsTheRun() {
    assertThatThrownBy(() ->
            runtime.run(() -> {
              AtomicReference<Thread> thread = new AtomicReference<>();
              runtime.execute(() -> {
                thread.set(Thread.currentThread());
                try {
                  runtime.hang();
                } catch (InterruptedException e) {
                  log.add("interrupted");
                }
              });
              runtime.sleep(SECOND);
              thread.get().interrupt();
            }))
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("'main' interrupted 'task-1'");
    assertThat(log).isEmpty();
  }

  // --- ends

  @Test
  void theRunEndsWithItsLastThread() {
    runtime.run(() ->
        runtime.spawn(
            "child",
            () -> {
              runtime.sleep(SECOND);
              runtime.execute(() -> {
                sleepInTask();
                log.add("grandchild");
              });
            }));
    assertThat(log).containsExactly("grandchild");
  }

  private void sleepInTask() {
    try {
      runtime.sleep(SECOND);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theFirstFailureEndsTheRunAndNamesTheSeed() {
    RuntimeException cause = new RuntimeException("boom");
    assertThatThrownBy(() ->
            runtime.run(() -> {
              runtime.spawn(
                  "victim",
                  () -> {
                    try {
                      runtime.hang();
                    } finally {
                      log.add("unwound");
                    }
                  });
              runtime.sleep(SECOND);
              throw cause;
            }))
        .isInstanceOf(SimulationFailure.class)
        .hasMessage(
            "Thread 'main' failed: java.lang.RuntimeException: boom. Repeat the run with new VirtualRuntime(42).")
        .hasCause(cause);
    assertThat(log).containsExactly("unwound");
  }

  @Test
  void aFailureOfATaskFailsTheRunToo() {
    assertThatThrownBy(() ->
            runtime.run(() -> {
              runtime.execute(() -> {
                throw new IllegalStateException("in a task");
              });
              runtime.sleep(SECOND);
            }))
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("Thread 'task-1' failed");
  }

  @Test
  void aHangingTaskDoesNotBlockTheEndOfARunButAHangingThreadIsADeadlock() {
    runtime.run(() ->
        runtime.execute(() -> {
          try {
            runtime.hang();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        }));
    VirtualRuntime another = new VirtualRuntime(1);
    assertThatThrownBy(() -> another.run(another::hang))
        .hasMessageContaining("Deadlock")
        .hasMessageContaining("'main' hangs");
  }

  @Test
  void tooManyStepsAreALivelock() {
    VirtualRuntime bounded = new VirtualRuntime(3).limits(1_000, Duration.ofDays(1));
    assertThatThrownBy(() ->
            bounded.run(() -> {
              while (true) {
                bounded.pause();
              }
            }))
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("Livelock: more than 1000 steps")
        .hasMessageContaining("new VirtualRuntime(3)");
  }

  @Test
  void tooMuchTimeIsALivelock() {
    VirtualRuntime bounded = new VirtualRuntime(3).limits(1_000_000, Duration.ofHours(1));
    assertThatThrownBy(() ->
            bounded.run(() -> {
              while (true) {
                bounded.sleep(SECOND);
              }
            }))
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("Livelock: more than 3600 s of virtual time");
  }

  @Test
  void aLockHeldAcrossACallIsReported() {
    VirtualRuntime watched =
        new VirtualRuntime(5).switchOneIn(1).realTimeLimit(Duration.ofSeconds(3));
    Object lock = new Object();
    assertThatThrownBy(() ->
            watched.run(() -> {
              watched.spawn(
                  "other",
                  () -> {
                    synchronized (lock) {
                      log.add("never");
                    }
                  });
              synchronized (lock) {
                watched.sleep(SECOND);
              }
            }))
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("'other' has not called the runtime")
        .hasMessageContaining("Hold no lock");
    assertThat(log).isEmpty();
  }

  @Test
  void onlyThreadsMayCallDuringARun() {
    runtime.run(() -> {
      Signal signal = runtime.newSignal();
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread stranger =
          new Thread(
              () -> {
                try {
                  signal.raise();
                } catch (Throwable e) {
                  thrown.set(e);
                }
              },
              "stranger");
      stranger.start();
      stranger.join();
      assertThat(thrown.get())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("thread 'stranger', which is not one of its threads");
    });
    assertThatThrownBy(() -> runtime.execute(() -> {})).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> runtime.run(() -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Cannot run a virtual runtime twice");
    assertThatThrownBy(() -> runtime.switchOneIn(1)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    assertThatThrownBy(() -> runtime.limits(0, SECOND))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> runtime.limits(1, Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> runtime.realTimeLimit(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> runtime.switchOneIn(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> runtime.stepsTakeUpTo(SECOND.negated()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  // --- processes

  @Test
  void aKilledProcessStopsWhereItIs() {
    runtime.run(() -> {
      VirtualProcess process = runtime.process("p");
      Signal signal = process.newSignal();
      SimulatedThread thread =
          process.spawn(
              "thread",
              () -> {
                try {
                  signal.await(() -> false, FOREVER);
                } finally {
                  log.add("unwinds");
                  process.execute(() -> log.add("never"));
                  log.add("never");
                }
              });
      process.schedule(SECOND, () -> log.add("never"));
      process.execute(() -> {
        try {
          runtime.sleep(SECOND);
        } catch (InterruptedException e) {
          log.add("never");
        }
        log.add("never");
      });
      runtime.sleep(SECOND.dividedBy(2));
      process.kill();
      assertThat(thread.hasEnded()).isTrue();
      assertThat(process.isKilled()).isTrue();
      assertThat(log).containsExactly("unwinds");
      runtime.sleep(SECOND.multipliedBy(3));
      process.kill();
      assertThatThrownBy(() -> process.spawn("late", () -> {}))
          .isInstanceOf(IllegalStateException.class);
    });
    assertThat(log).containsExactly("unwinds");
  }

  @Test
  void aProcessCanKillItself() {
    runtime.run(() -> {
      VirtualProcess process = runtime.process("p");
      SimulatedThread thread =
          process.spawn(
              "thread",
              () -> {
                process.kill();
                log.add("never");
              });
      thread.join();
    });
    assertThat(log).isEmpty();
  }

  @Test
  void aThreadThatCatchesEverythingIsAbandoned() {
    runtime.run(() -> {
      VirtualProcess process = runtime.process("p");
      SimulatedThread stubborn =
          process.spawn(
              "stubborn",
              () -> {
                while (true) {
                  try {
                    runtime.sleep(SECOND);
                  } catch (Throwable e) {
                    log.add("caught");
                  }
                }
              });
      runtime.sleep(SECOND.multipliedBy(3));
      process.kill();
      assertThat(stubborn.hasEnded()).isTrue();
    });
    assertThat(log).isNotEmpty();
  }

  // --- threads

  @Test
  void runsShareTheirThreads() {
    Set<Thread> threads = new HashSet<>();
    for (int seed = 0; seed < 500; seed++) {
      VirtualRuntime runtime = new VirtualRuntime(seed);
      runtime.run(() -> {
        for (int i = 0; i < 4; i++) {
          runtime.execute(() -> threads.add(Thread.currentThread()));
        }
      });
    }
    assertThat(threads).hasSizeLessThan(100).allMatch(Thread::isDaemon);
  }
}
