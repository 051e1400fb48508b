package dev.perennial.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.perennial.Threads;
import dev.perennial.port.StreamRuntime.Signal;
import dev.perennial.port.StreamRuntime.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SystemRuntimeTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  private final StreamRuntime runtime = StreamRuntime.system();
  private final Threads threads = new Threads();

  @AfterEach
  void close() {
    threads.close();
  }

  @Test
  @DisplayName("two alternating threads never miss a wake-up")
  void noLostWakeUp() throws Exception {
    int turns = 20_000;
    Signal signal = runtime.newSignal();
    AtomicInteger turn = new AtomicInteger();
    for (int player = 0; player < 2; player++) {
      int mine = player;
      threads.run(() -> {
        for (int i = 0; i < turns; i++) {
          boolean came = signal.await(() -> turn.get() % 2 == mine, LONG);
          assertThat(came).as("turn %s came", i).isTrue();
          turn.incrementAndGet();
          signal.raise();
        }
      });
    }
    threads.join();
    assertThat(turn).hasValue(2 * turns);
  }

  @Test
  @DisplayName("raise() wakes all waiting threads")
  void raisesAll() throws Exception {
    Signal signal = runtime.newSignal();
    AtomicBoolean open = new AtomicBoolean();
    AtomicInteger checked = new AtomicInteger();
    for (int i = 0; i < 5; i++) {
      threads.run(() -> {
        AtomicBoolean first = new AtomicBoolean(true);
        assertThat(
                signal.await(
                    () -> {
                      if (first.getAndSet(false)) {
                        checked.incrementAndGet();
                      }
                      return open.get();
                    },
                    LONG))
            .isTrue();
      });
    }
    await().atMost(LONG).until(() -> checked.get() == 5);
    open.set(true);
    signal.raise();
    threads.join();
  }

  @Test
  @DisplayName(
      "the recent time is never ahead, moves on while it is wanted, and again after a pause")
  void recentTime() {
    for (int i = 0; i < 3; i++) {
      long before = runtime.recentNanoTime();
      assertThat(before - runtime.nanoTime()).isNotPositive();
      await()
          .atMost(LONG)
          .untilAsserted(() -> assertThat(runtime.recentNanoTime() - before).isPositive());
      // Nobody wants it now, so the timer's thread ends.
      await().atMost(LONG).until(() -> timers() == 0);
      long now = runtime.nanoTime();
      await()
          .atMost(LONG)
          .untilAsserted(() -> assertThat(runtime.recentNanoTime() - now).isPositive());
    }
  }

  private static long timers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("perennial-timer-"))
        .count();
  }

  @Test
  @DisplayName("await() returns false after its timeout if the condition does not hold")
  void timesOut() throws Exception {
    Signal signal = runtime.newSignal();
    long begun = System.nanoTime();
    assertThat(signal.await(() -> false, Duration.ofMillis(20))).isFalse();
    assertThat(Duration.ofNanos(System.nanoTime() - begun))
        .isGreaterThanOrEqualTo(Duration.ofMillis(20));
    assertThat(signal.await(() -> false, Duration.ZERO)).isFalse();
    assertThat(signal.await(() -> false, Duration.ofSeconds(-1))).isFalse();
    assertThat(signal.await(() -> true, Duration.ZERO)).isTrue();
  }

  @Test
  @DisplayName("an interrupt ends a wait, unless the condition already holds")
  void interrupt() throws Exception {
    Signal signal = runtime.newSignal();
    AtomicReference<Thread> waiting = new AtomicReference<>();
    Future<?> waiter =
        threads.run(() -> {
          waiting.set(Thread.currentThread());
          assertThatExceptionOfType(InterruptedException.class)
              .isThrownBy(() -> signal.await(() -> false, LONG));
          assertThat(Thread.currentThread().isInterrupted()).isFalse();
          Thread.currentThread().interrupt();
          assertThat(signal.await(() -> true, LONG)).isTrue();
          assertThat(Thread.currentThread().isInterrupted()).isTrue();
          assertThatExceptionOfType(InterruptedException.class)
              .isThrownBy(() -> signal.await(() -> false, LONG));
        });
    await().atMost(LONG).until(() -> waiting.get() != null);
    waiting.get().interrupt();
    Threads.join(waiter);
  }

  @Test
  @DisplayName("the longest possible timeout does not overflow")
  void endless() throws Exception {
    Signal signal = runtime.newSignal();
    AtomicBoolean open = new AtomicBoolean();
    AtomicInteger checks = new AtomicInteger();
    Future<?> waiter =
        threads.run(() ->
            assertThat(
                    signal.await(
                        () -> {
                          checks.incrementAndGet();
                          return open.get();
                        },
                        Duration.ofSeconds(Long.MAX_VALUE)))
                .isTrue());
    await().atMost(LONG).until(() -> checks.get() >= 2);
    assertThat(waiter.isDone()).isFalse();
    open.set(true);
    signal.raise();
    Threads.join(waiter);
  }

  @Test
  @DisplayName("a timer runs its task once, after its delay, on a daemon thread")
  void timer() throws Exception {
    CountDownLatch ran = new CountDownLatch(1);
    AtomicReference<Thread> on = new AtomicReference<>();
    long begun = System.nanoTime();
    runtime.schedule(
        Duration.ofMillis(20),
        () -> {
          on.set(Thread.currentThread());
          ran.countDown();
        });
    assertThat(ran.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - begun))
        .isGreaterThanOrEqualTo(Duration.ofMillis(20));
    assertThat(on.get().isDaemon()).isTrue();
    assertThat(on.get().getName()).startsWith("perennial-timer-");
  }

  @Test
  @DisplayName(
      "a cancelled timer does not run, and neither does one with the longest possible delay")
  void cancelledTimer() throws Exception {
    AtomicBoolean ran = new AtomicBoolean();
    Timer cancelled = runtime.schedule(Duration.ofSeconds(1), () -> ran.set(true));
    cancelled.cancel();
    cancelled.cancel();
    Timer never = runtime.schedule(Duration.ofSeconds(Long.MAX_VALUE), () -> ran.set(true));
    CountDownLatch later = new CountDownLatch(1);
    runtime.schedule(Duration.ofMillis(1_100), later::countDown);
    assertThat(later.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(ran).isFalse();
    never.cancel();
  }

  @Test
  @DisplayName("timers keep running after a task has failed")
  void failures() throws Exception {
    runtime.schedule(
        Duration.ZERO,
        () -> {
          throw new IllegalStateException("a task of this test");
        });
    CountDownLatch ran = new CountDownLatch(1);
    runtime.schedule(Duration.ofMillis(1), ran::countDown);
    assertThat(ran.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  @DisplayName("tasks of execute() do not wait for each other")
  void tasks() throws Exception {
    int count = 20;
    CountDownLatch all = new CountDownLatch(count);
    CountDownLatch done = new CountDownLatch(count);
    for (int i = 0; i < count; i++) {
      runtime.execute(() -> {
        all.countDown();
        try {
          if (all.await(60, TimeUnit.SECONDS) && Thread.currentThread().isDaemon()) {
            done.countDown();
          }
        } catch (InterruptedException e) {
          throw new AssertionError("a task is never interrupted", e);
        }
      });
    }
    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  @DisplayName("idle threads end soon")
  void idleThreadsEnd() throws Exception {
    CountDownLatch ran = new CountDownLatch(2);
    runtime.execute(ran::countDown);
    runtime.schedule(Duration.ZERO, ran::countDown);
    assertThat(ran.await(60, TimeUnit.SECONDS)).isTrue();
    await().atMost(LONG).until(() -> ourThreads() == 0);
  }

  private static long ourThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("perennial-"))
        .filter(Thread::isAlive)
        .count();
  }

  @Test
  @DisplayName("the clocks never go back, and random numbers are from 0 to below 1")
  void clocks() {
    long nanos = runtime.nanoTime();
    assertThat(runtime.nanoTime() - nanos).isNotNegative();
    assertThat(Duration.between(Instant.now(), runtime.now()).abs())
        .isLessThan(Duration.ofMinutes(1));
    for (int i = 0; i < 1_000; i++) {
      assertThat(runtime.random()).isGreaterThanOrEqualTo(0).isLessThan(1);
    }
  }
}
