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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PullGuardTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  /** Long enough for an interrupt after half of it, short enough to wait for its end. */
  private static final Duration SHORT = Duration.ofMillis(200);

  private final StreamRuntime runtime = StreamRuntime.system();
  private final AtomicReference<Thread> cleanedUpBy = new AtomicReference<>();
  private final PullGuard guard = newGuard(cleanedUpBy);
  private final Threads threads = new Threads();

  private PullGuard newGuard(AtomicReference<Thread> cleanedUp) {
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

  /** A call that blocks until it is released; one of its methods ignores interrupts. */
  private final class Blocking {
    final CountDownLatch inside = new CountDownLatch(1);
    final CountDownLatch released = new CountDownLatch(1);
    final AtomicBoolean interrupted = new AtomicBoolean();

    String ignoreInterrupts() {
      inside.countDown();
      boolean gone = false;
      while (!gone) {
        try {
          gone = released.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          interrupted.set(true);
        }
      }
      return "came back";
    }

    String obeyInterrupts() throws InterruptedException {
      inside.countDown();
      try {
        assertThat(released.await(60, TimeUnit.SECONDS)).isTrue();
        return "came back";
      } catch (InterruptedException e) {
        interrupted.set(true);
        throw e;
      }
    }
  }

  @Test
  @DisplayName(
      "a second thread is refused with the name of the first, and a handler is refused too")
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
  @DisplayName("a second thread waits for one that is about to leave")
  void leaving() throws Exception {
    AtomicBoolean leaving = new AtomicBoolean(true);
    guard.onLeaving(leaving::get);
    guard.enter();
    assertThatIllegalStateException().isThrownBy(guard::enter).withMessageContaining("handler");
    Future<?> other =
        threads.run(() -> {
          guard.enter();
          assertThat(guard.exit()).isTrue();
        });
    assertThat(guard.exit()).isTrue();
    Threads.join(other);
  }

  @Test
  @DisplayName("a second thread does not wait longer for one that changed its mind, or was closed")
  void staysInside() throws Exception {
    guard.enter();
    AtomicInteger asked = new AtomicInteger();
    guard.onLeaving(() -> asked.incrementAndGet() == 1);
    Threads.join(threads.run(() -> assertThatIllegalStateException().isThrownBy(guard::enter)));
    assertThat(guard.take(LONG, runtime)).isEqualTo(Handover.TAKEN);
    guard.onLeaving(() -> true);
    Threads.join(
        threads.run(
            () -> assertThatExceptionOfType(StreamClosedException.class).isThrownBy(guard::enter)));
  }

  @Test
  @DisplayName("after the closer has taken the guard, no thread can enter")
  void taken() {
    assertThat(guard.take(LONG, runtime)).isEqualTo(Handover.TAKEN);
    assertThatExceptionOfType(StreamClosedException.class).isThrownBy(guard::enter);
    assertThat(cleanedUpBy).hasValue(null);
  }

  @Test
  @DisplayName("the closer waits for a pulling thread that is about to leave")
  void waits() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Future<?> puller =
        threads.run(() -> {
          guard.enter();
          entered.countDown();
          assertThat(leave.await(60, TimeUnit.SECONDS)).isTrue();
          assertThat(guard.exit()).isTrue();
          assertThat(Thread.currentThread().isInterrupted()).isFalse();
        });
    assertThat(entered.await(60, TimeUnit.SECONDS)).isTrue();
    Future<Handover> closer = threads.call(() -> guard.take(LONG, runtime));
    leave.countDown();
    assertThat(Threads.join(closer)).isEqualTo(Handover.TAKEN);
    Threads.join(puller);
  }

  @ParameterizedTest
  @EnumSource(names = {"CONNECTING", "RECEIVING"})
  @DisplayName("a call inside the source is interrupted in time, and nothing after it")
  void interrupts(Use what) throws Exception {
    Blocking call = new Blocking();
    Future<?> puller =
        threads.run(() -> {
          guard.enter();
          assertThatExceptionOfType(InterruptedException.class)
              .isThrownBy(() -> guard.call(what, call::obeyInterrupts));
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
  @DisplayName("the interrupt flag that the closer set is cleared when the call returns")
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
  @DisplayName("a handler is never interrupted, and its result counts although the stream closed")
  void leavesHandlersAlone() throws Exception {
    Blocking handler = new Blocking();
    Future<?> puller =
        threads.run(() -> {
          guard.enter();
          assertThat(guard.<String, RuntimeException>call(Use.HANDLING, handler::ignoreInterrupts))
              .isEqualTo("came back");
          assertThat(guard.exit()).isFalse();
        });
    assertThat(handler.inside.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(guard.take(SHORT, runtime)).isEqualTo(Handover.TAKEN);
    handler.released.countDown();
    Threads.join(puller);
    assertThat(handler.interrupted).isFalse();
    assertThat(cleanedUpBy).hasValue(null);
  }

  @ParameterizedTest
  @EnumSource(names = {"CONNECTING", "RECEIVING"})
  @DisplayName("a call that ignores the interrupt is abandoned, and its thread cleans up later")
  void abandons(Use what) throws Exception {
    Blocking call = new Blocking();
    AtomicReference<Thread> pulling = new AtomicReference<>();
    Future<?> puller =
        threads.run(() -> {
          pulling.set(Thread.currentThread());
          guard.enter();
          assertThatExceptionOfType(StreamClosedException.class)
              .isThrownBy(() -> guard.call(what, call::ignoreInterrupts));
          assertThat(Thread.currentThread().isInterrupted()).isFalse();
          assertThat(guard.exit()).isFalse();
        });
    assertThat(call.inside.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(guard.take(SHORT, runtime)).isEqualTo(Handover.LEFT);
    assertThat(cleanedUpBy).hasValue(null);
    call.released.countDown();
    Threads.join(puller);
    assertThat(call.interrupted).isTrue();
    assertThat(cleanedUpBy).hasValue(pulling.get());
  }

  @Test
  @DisplayName("the interrupt flag of an abandoned call is cleared as well")
  void abandonsWithFlag() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    Future<?> puller =
        threads.run(() -> {
          guard.enter();
          assertThatExceptionOfType(StreamClosedException.class)
              .isThrownBy(() ->
                  guard.call(
                      Use.CONNECTING,
                      () -> {
                        inside.countDown();
                        while (released.getCount() > 0) {
                          Thread.onSpinWait();
                        }
                        return Thread.currentThread().isInterrupted();
                      }));
          assertThat(Thread.currentThread().isInterrupted()).isFalse();
        });
    assertThat(inside.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(guard.take(SHORT, runtime)).isEqualTo(Handover.LEFT);
    released.countDown();
    Threads.join(puller);
    assertThat(cleanedUpBy.get()).isNotNull();
  }

  @Test
  @DisplayName("isReceiving() is true only during receive")
  void receiving() throws InterruptedException {
    guard.enter();
    assertThat(guard.isReceiving()).isFalse();
    for (Use use : new Use[] {Use.CONNECTING, Use.RECEIVING, Use.HANDLING}) {
      assertThat(guard.<Boolean, RuntimeException>call(use, guard::isReceiving))
          .isEqualTo(use == Use.RECEIVING);
    }
    assertThat(guard.exit()).isTrue();
  }

  @Test
  @DisplayName("a pulling thread that stays in the engine for too long cleans up as it leaves")
  void leavesPulling() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Future<?> puller =
        threads.run(() -> {
          guard.enter();
          entered.countDown();
          assertThat(leave.await(60, TimeUnit.SECONDS)).isTrue();
          assertThatExceptionOfType(StreamClosedException.class)
              .isThrownBy(() ->
                  guard.call(
                      Use.CONNECTING,
                      () -> {
                        throw new AssertionError("the stream is closed");
                      }));
          // An interrupt by the application, which the guard must not clear.
          Thread.currentThread().interrupt();
          assertThat(guard.exit()).isFalse();
          assertThat(Thread.interrupted()).isTrue();
        });
    assertThat(entered.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(guard.take(Duration.ofMillis(20), runtime)).isEqualTo(Handover.LEFT);
    // A second closer, such as a close after a failure, does not get the guard either.
    assertThat(guard.take(LONG, runtime)).isEqualTo(Handover.LEFT);
    assertThat(cleanedUpBy).hasValue(null);
    leave.countDown();
    Threads.join(puller);
    assertThat(cleanedUpBy.get()).isNotNull();
  }

  @Test
  @DisplayName("a handler that closes its own stream does not wait for itself")
  void closesFromHandler() throws InterruptedException {
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
  @DisplayName("a listener that closes the stream during a pull does not wait for itself")
  void closesFromListener() throws InterruptedException {
    guard.enter();
    assertThat(guard.take(LONG, runtime)).isEqualTo(Handover.TAKEN);
    assertThat(guard.exit()).isFalse();
    assertThat(cleanedUpBy).hasValue(null);
  }

  @Test
  @DisplayName("an interrupt of the closing thread does not stop the close, and is not lost")
  void closerInterrupted() throws Exception {
    Blocking call = new Blocking();
    Future<?> puller =
        threads.run(() -> {
          guard.enter();
          assertThatExceptionOfType(InterruptedException.class)
              .isThrownBy(() -> guard.call(Use.CONNECTING, call::obeyInterrupts));
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
  @DisplayName("isMine() is false for a thread that has left, however soon another one enters")
  void isNotMineAfterLeaving() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    Future<?> other =
        threads.run(() -> {
          while (!over.get()) {
            enterAndExit();
          }
        });
    long stopAt = System.nanoTime() + Duration.ofSeconds(1).toNanos();
    boolean wronglyMine = false;
    while (!wronglyMine && System.nanoTime() - stopAt < 0) {
      enterAndExit();
      for (int i = 0; i < 100; i++) {
        wronglyMine |= guard.isMine();
      }
    }
    over.set(true);
    Threads.join(other);
    assertThat(wronglyMine).isFalse();
  }

  private void enterAndExit() throws InterruptedException {
    boolean entered = false;
    while (!entered) {
      try {
        guard.enter();
        entered = true;
      } catch (IllegalStateException e) {
        Thread.onSpinWait();
      }
    }
    guard.exit();
  }

  @Test
  @DisplayName("when closing and calls cross, one thread cleans up, and no interrupt is left")
  void crossings() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    for (int round = 0; round < 1_500; round++) {
      AtomicReference<Thread> cleanedUp = new AtomicReference<>();
      PullGuard each = newGuard(cleanedUp);
      Use what = round % 2 == 0 ? Use.CONNECTING : Use.RECEIVING;
      int spins = random.nextInt(400);
      CountDownLatch entered = new CountDownLatch(1);
      Future<Boolean> puller =
          threads.call(() -> {
            each.enter();
            entered.countDown();
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
      assertThat(entered.await(60, TimeUnit.SECONDS)).isTrue();
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
      "when closing, timers and calls cross, one thread cleans up, and no interrupt is left")
  void crossingTimers() throws Exception {
    SplittableRandom random = new SplittableRandom(2);
    AtomicReference<PullGuard.Interruption> current =
        new AtomicReference<>(newGuard(cleanedUpBy).interruption());
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
      PullGuard each = newGuard(cleanedUp);
      CountDownLatch entered = new CountDownLatch(1);
      Future<Boolean> puller =
          threads.call(() -> {
            each.enter();
            entered.countDown();
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
                // Closes a lost connection, which no timer may interrupt.
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
      assertThat(entered.await(60, TimeUnit.SECONDS)).isTrue();
      Handover handover = each.take(Duration.ofNanos(random.nextInt(20_000)), runtime);
      assertThat(Threads.join(puller)).as("interrupted after leaving").isFalse();
      assertThat(cleanedUp.get() != null).isEqualTo(handover != Handover.TAKEN);
    }
    over.set(true);
    Threads.join(timer);
  }

  @Test
  @DisplayName("a late timer does not interrupt another call")
  void lateInterruption() throws InterruptedException {
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
