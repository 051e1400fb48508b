package dev.perennial.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.perennial.StreamClosedException;
import dev.perennial.Threads;
import dev.perennial.internal.connection.PullGuard.Handover;
import dev.perennial.internal.connection.PullGuard.Use;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PullGuardTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  /** Long enough to be interrupted at a half of it, short enough to wait for its end. */
  private static final Duration SHORT = Duration.ofMillis(200);

  private final StreamRuntime runtime = StreamRuntime.system();
  private final AtomicReference<Thread> cleanedUpBy = new AtomicReference<>();
  private final PullGuard guard = newSeat(cleanedUpBy);
  private final Threads threads = new Threads();

  private PullGuard newSeat(AtomicReference<Thread> cleanedUp) {
    PullGuard guard =
        new PullGuard(
            runtime.newSignal(),
            "test",
            () -> false,
            () -> new StreamClosedException("the test stream is closed", null));
    guard.onAbandoned(() -> assertThat(cleanedUp.getAndSet(Thread.currentThread())).isNull());
    return guard;
  }

  @AfterEach
  void close() {
    threads.close();
  }

  /** Blocks until it is let go, and lets itself be interrupted or not. */
  private final class Blocking {
    final CountDownLatch inside = new CountDownLatch(1);
    final CountDownLatch letGo = new CountDownLatch(1);
    final AtomicBoolean interrupted = new AtomicBoolean();

    String heedless() {
      inside.countDown();
      boolean gone = false;
      while (!gone) {
        try {
          gone = letGo.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          interrupted.set(true);
        }
      }
      return "came back";
    }

    String heedful() throws InterruptedException {
      inside.countDown();
      try {
        assertThat(letGo.await(60, TimeUnit.SECONDS)).isTrue();
        return "came back";
      } catch (InterruptedException e) {
        interrupted.set(true);
        throw e;
      }
    }
  }

  @Test
  @DisplayName("one at a time: a second thread is told who sits, a handler that pulls is told that")
  void refused() throws Exception {
    Thread main = Thread.currentThread();
    guard.enter();
    assertThatIllegalStateException().isThrownBy(guard::enter).withMessageContaining("handler");
    Threads.join(
        threads.run(() ->
            assertThatIllegalStateException()
                .isThrownBy(guard::enter)
                .withMessageContaining(main.getName())
                .withMessageContaining("\"test\"")));
    assertThat(guard.exit()).isTrue();
    guard.enter();
    assertThat(guard.exit()).isTrue();
  }

  @Test
  @DisplayName("a guard that was taken is closed to everybody, for good")
  void taken() {
    assertThat(guard.take(LONG, runtime)).isEqualTo(Handover.TAKEN);
    assertThatExceptionOfType(StreamClosedException.class).isThrownBy(guard::enter);
    assertThat(cleanedUpBy).hasValue(null);
  }

  @Test
  @DisplayName("the closer waits for a puller that is about to leave")
  void waits() throws Exception {
    CountDownLatch sitting = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Future<?> puller =
        threads.run(() -> {
          guard.enter();
          sitting.countDown();
          assertThat(leave.await(60, TimeUnit.SECONDS)).isTrue();
          assertThat(guard.exit()).isTrue();
          assertThat(Thread.currentThread().isInterrupted()).isFalse();
        });
    assertThat(sitting.await(60, TimeUnit.SECONDS)).isTrue();
    Future<Handover> closer = threads.call(() -> guard.take(LONG, runtime));
    leave.countDown();
    assertThat(Threads.join(closer)).isEqualTo(Handover.TAKEN);
    Threads.join(puller);
  }

  @ParameterizedTest
  @EnumSource(names = {"CONNECTING", "RECEIVING"})
  @DisplayName("a call inside the source is interrupted in time, and nothing after it is")
  void interrupts(Use what) throws Exception {
    Blocking call = new Blocking();
    Future<?> puller =
        threads.run(() -> {
          guard.enter();
          assertThatExceptionOfType(InterruptedException.class)
              .isThrownBy(() -> guard.call(what, call::heedful));
          assertThat(Thread.currentThread().isInterrupted()).isFalse();
          assertThat(guard.exit()).isTrue();
        });
    assertThat(call.inside.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(guard.take(Duration.ofSeconds(2), runtime)).isEqualTo(Handover.TAKEN);
    Threads.join(puller);
    assertThat(call.interrupted).isTrue();
    assertThat(cleanedUpBy).hasValue(null);
  }

  @Test
  @DisplayName("a call that comes back with its flag set loses it: it was the closer's")
  void clearsTheFlag() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    Future<?> puller =
        threads.run(() -> {
          guard.enter();
          String result =
              guard.call(
                  Use.RECEIVING,
                  () -> {
                    inside.countDown();
                    while (!Thread.currentThread().isInterrupted()) {
                      Thread.onSpinWait();
                    }
                    return "a driver that keeps the flag";
                  });
          assertThat(result).startsWith("a driver");
          assertThat(Thread.currentThread().isInterrupted()).isFalse();
          assertThat(guard.exit()).isTrue();
        });
    assertThat(inside.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(guard.take(Duration.ofSeconds(2), runtime)).isEqualTo(Handover.TAKEN);
    Threads.join(puller);
  }

  @Test
  @DisplayName(
      "a handler is never interrupted, and what it gives counts although the stream closed")
  void leavesHandlersAlone() throws Exception {
    Blocking handler = new Blocking();
    Future<?> puller =
        threads.run(() -> {
          guard.enter();
          assertThat(guard.<String, RuntimeException>call(Use.HANDLING, handler::heedless))
              .isEqualTo("came back");
          assertThat(guard.exit()).isFalse();
        });
    assertThat(handler.inside.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(guard.take(SHORT, runtime)).isEqualTo(Handover.TAKEN);
    handler.letGo.countDown();
    Threads.join(puller);
    assertThat(handler.interrupted).isFalse();
    assertThat(cleanedUpBy).hasValue(null);
  }

  @ParameterizedTest
  @EnumSource(names = {"CONNECTING", "RECEIVING"})
  @DisplayName("a call that heeds no interrupt is left behind, and cleans up when it comes back")
  void leavesBehind(Use what) throws Exception {
    Blocking call = new Blocking();
    AtomicReference<Thread> pulling = new AtomicReference<>();
    Future<?> puller =
        threads.run(() -> {
          pulling.set(Thread.currentThread());
          guard.enter();
          assertThatExceptionOfType(StreamClosedException.class)
              .isThrownBy(() -> guard.call(what, call::heedless));
          assertThat(Thread.currentThread().isInterrupted()).isFalse();
          assertThat(guard.exit()).isFalse();
        });
    assertThat(call.inside.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(guard.take(SHORT, runtime)).isEqualTo(Handover.LEFT_INSIDE);
    assertThat(cleanedUpBy).hasValue(null);
    call.letGo.countDown();
    Threads.join(puller);
    assertThat(call.interrupted).isTrue();
    assertThat(cleanedUpBy).hasValue(pulling.get());
  }

  @Test
  @DisplayName("a call that is left behind and keeps the closer's flag loses it all the same")
  void leavesBehindWithFlag() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch letGo = new CountDownLatch(1);
    Future<?> puller =
        threads.run(() -> {
          guard.enter();
          assertThatExceptionOfType(StreamClosedException.class)
              .isThrownBy(() ->
                  guard.call(
                      Use.CONNECTING,
                      () -> {
                        inside.countDown();
                        while (letGo.getCount() > 0) {
                          Thread.onSpinWait();
                        }
                        return Thread.currentThread().isInterrupted();
                      }));
          assertThat(Thread.currentThread().isInterrupted()).isFalse();
        });
    assertThat(inside.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(guard.take(SHORT, runtime)).isEqualTo(Handover.LEFT_INSIDE);
    letGo.countDown();
    Threads.join(puller);
    assertThat(cleanedUpBy.get()).isNotNull();
  }

  @Test
  @DisplayName("a receive says so, and no other use does")
  void receiving() {
    guard.enter();
    assertThat(guard.isReceiving()).isFalse();
    for (Use use : new Use[] {Use.CONNECTING, Use.RECEIVING, Use.HANDLING}) {
      assertThat(guard.<Boolean, RuntimeException>call(use, guard::isReceiving))
          .isEqualTo(use == Use.RECEIVING);
    }
    assertThat(guard.exit()).isTrue();
  }

  @Test
  @DisplayName("a puller that lingers in the engine is left to clean up as it leaves")
  void leavesPulling() throws Exception {
    CountDownLatch sitting = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Future<?> puller =
        threads.run(() -> {
          guard.enter();
          sitting.countDown();
          assertThat(leave.await(60, TimeUnit.SECONDS)).isTrue();
          assertThatExceptionOfType(StreamClosedException.class)
              .isThrownBy(() ->
                  guard.call(
                      Use.CONNECTING,
                      () -> {
                        throw new AssertionError("the stream is closed");
                      }));
          // The application's own, which nobody else may clear.
          Thread.currentThread().interrupt();
          assertThat(guard.exit()).isFalse();
          assertThat(Thread.interrupted()).isTrue();
        });
    assertThat(sitting.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(guard.take(Duration.ofMillis(20), runtime)).isEqualTo(Handover.LEFT_PULLING);
    // Another one that wants it, as a close after a failure does, does not get it either.
    assertThat(guard.take(LONG, runtime)).isEqualTo(Handover.LEFT_PULLING);
    assertThat(cleanedUpBy).hasValue(null);
    leave.countDown();
    Threads.join(puller);
    assertThat(cleanedUpBy.get()).isNotNull();
  }

  @Test
  @DisplayName("who closes the stream from its own handler does not wait for itself")
  void closesFromHandler() {
    guard.enter();
    String result =
        guard.call(
            Use.HANDLING,
            () -> {
              assertThat(guard.isMine()).isTrue();
              assertThat(guard.take(LONG, runtime)).isEqualTo(Handover.TAKEN);
              assertThat(guard.isMine()).isFalse();
              return "handled";
            });
    assertThat(result).isEqualTo("handled");
    assertThat(guard.exit()).isFalse();
  }

  @Test
  @DisplayName("who closes the stream from a listener in a pull does not wait for itself")
  void closesFromListener() {
    guard.enter();
    assertThat(guard.take(LONG, runtime)).isEqualTo(Handover.TAKEN);
    assertThat(guard.exit()).isFalse();
    assertThat(cleanedUpBy).hasValue(null);
  }

  @Test
  @DisplayName("an interrupt of the closing thread does not keep it from closing, and is not lost")
  void closerInterrupted() throws Exception {
    Blocking call = new Blocking();
    Future<?> puller =
        threads.run(() -> {
          guard.enter();
          assertThatExceptionOfType(InterruptedException.class)
              .isThrownBy(() -> guard.call(Use.CONNECTING, call::heedful));
          guard.exit();
        });
    assertThat(call.inside.await(60, TimeUnit.SECONDS)).isTrue();
    Threads.join(
        threads.run(() -> {
          Thread.currentThread().interrupt();
          assertThat(guard.take(Duration.ofSeconds(2), runtime)).isEqualTo(Handover.TAKEN);
          assertThat(Thread.interrupted()).isTrue();
        }));
    Threads.join(puller);
  }

  @Test
  @DisplayName("the guard is nobody's who has left it, however quickly the next one sits down")
  void isNotMineAfterLeaving() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    Future<?> other =
        threads.run(() -> {
          while (!over.get()) {
            sitForAMoment();
          }
        });
    long stopAt = System.nanoTime() + Duration.ofSeconds(1).toNanos();
    boolean wronglyMine = false;
    while (!wronglyMine && System.nanoTime() - stopAt < 0) {
      sitForAMoment();
      for (int i = 0; i < 100; i++) {
        wronglyMine |= guard.isMine();
      }
    }
    over.set(true);
    Threads.join(other);
    assertThat(wronglyMine).isFalse();
  }

  private void sitForAMoment() {
    boolean sat = false;
    while (!sat) {
      try {
        guard.enter();
        sat = true;
      } catch (IllegalStateException e) {
        Thread.onSpinWait();
      }
    }
    guard.exit();
  }

  @Test
  @DisplayName("whenever closing and calls cross, one cleans up, and no interrupt is left over")
  void crossings() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    for (int round = 0; round < 1_500; round++) {
      AtomicReference<Thread> cleanedUp = new AtomicReference<>();
      PullGuard each = newSeat(cleanedUp);
      Use what = round % 2 == 0 ? Use.CONNECTING : Use.RECEIVING;
      int spins = random.nextInt(400);
      CountDownLatch sitting = new CountDownLatch(1);
      Future<Boolean> puller =
          threads.call(() -> {
            each.enter();
            sitting.countDown();
            try {
              for (int i = 0; i < 50; i++) {
                each.call(
                    what,
                    () -> {
                      Thread.onSpinWait();
                      return "";
                    });
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
              }
            } catch (StreamClosedException e) {
              // The closer did not wait.
            }
            each.exit();
            return Thread.interrupted();
          });
      assertThat(sitting.await(60, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < spins; i++) {
        Thread.onSpinWait();
      }
      Handover handover = each.take(Duration.ofNanos(random.nextInt(20_000)), runtime);
      assertThat(Threads.join(puller)).as("interrupted after leaving").isFalse();
      assertThat(cleanedUp.get() != null).isEqualTo(handover != Handover.TAKEN);
    }
  }

  @Test
  @DisplayName(
      "whenever closing, timers and calls cross, one cleans up, and no interrupt is left over")
  void crossingTimers() throws Exception {
    SplittableRandom random = new SplittableRandom(2);
    AtomicReference<PullGuard.Interruption> current =
        new AtomicReference<>(newSeat(cleanedUpBy).interruption());
    AtomicBoolean over = new AtomicBoolean();
    Future<?> timer =
        threads.run(() -> {
          while (!over.get()) {
            current.get().interrupt();
            Thread.onSpinWait();
          }
        });
    for (int round = 0; round < 500; round++) {
      AtomicReference<Thread> cleanedUp = new AtomicReference<>();
      PullGuard each = newSeat(cleanedUp);
      CountDownLatch sitting = new CountDownLatch(1);
      Future<Boolean> puller =
          threads.call(() -> {
            each.enter();
            sitting.countDown();
            try {
              for (int i = 0; i < 50; i++) {
                PullGuard.Interruption late = each.interruption();
                current.set(late);
                each.call(
                    Use.CONNECTING,
                    () -> {
                      Thread.onSpinWait();
                      return "";
                    });
                late.end();
                // Closing a lost connection, which no timer may hit.
                each.call(
                    Use.CONNECTING,
                    () -> {
                      Thread.onSpinWait();
                      return "";
                    });
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
              }
            } catch (StreamClosedException e) {
              // The closer did not wait.
            }
            each.exit();
            return Thread.interrupted();
          });
      assertThat(sitting.await(60, TimeUnit.SECONDS)).isTrue();
      Handover handover = each.take(Duration.ofNanos(random.nextInt(20_000)), runtime);
      assertThat(Threads.join(puller)).as("interrupted after leaving").isFalse();
      assertThat(cleanedUp.get() != null).isEqualTo(handover != Handover.TAKEN);
    }
    over.set(true);
    Threads.join(timer);
  }

  @Test
  @DisplayName("a timer that comes late interrupts no other call")
  void lateInterruption() {
    guard.enter();
    PullGuard.Interruption over = guard.interruption();
    guard.call(Use.CONNECTING, () -> "first");
    over.end();
    boolean hit =
        guard.call(
            Use.CONNECTING,
            () -> {
              over.interrupt();
              return Thread.currentThread().isInterrupted();
            });
    assertThat(hit).isFalse();
    PullGuard.Interruption mine = guard.interruption();
    hit =
        guard.call(
            Use.CONNECTING,
            () -> {
              over.interrupt();
              boolean before = Thread.currentThread().isInterrupted();
              mine.interrupt();
              return !before && Thread.currentThread().isInterrupted();
            });
    assertThat(hit).isTrue();
    assertThat(mine.happened()).isTrue();
    assertThat(over.happened()).isFalse();
    assertThat(Thread.interrupted()).isFalse();
    assertThat(guard.exit()).isTrue();
  }
}
