package dev.perennial.testkit.simulation;

import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamClosedException;
import dev.perennial.StreamEndedException;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamInterruptedException;
import dev.perennial.StreamState;
import dev.perennial.port.StreamRuntime.Signal;
import dev.perennial.testkit.SimulatedThread;
import dev.perennial.testkit.VirtualProcess;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An application with a stream: one thread pulls events, in one of several ways, and other threads
 * settle them.
 */
class Application {

  /** A way to pull events. */
  enum Mode {
    NEXT,
    TIMED_NEXT,
    POLL,
    ITERATE,
    CONSUME,
    MIXED
  }

  private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

  /** The most that a timed call may overrun, because it may have to wait for the source. */
  private static final Duration OVERRUN = Duration.ofSeconds(90);

  final VirtualRuntime runtime;
  final RandomChoices chance;
  final EventStream<Object> stream;
  final DeliveryChecks deliveryChecks;
  final InvariantChecks invariants;
  private final Consumer<StreamFailedException> onFailure;
  final MemoryShortages shortages;
  private final Mode mode;
  final BooleanSupplier calm;
  final int window;
  final Signal signal;
  final List<Delivery<?>> pending = new ArrayList<>();
  final List<SimulatedThread> threads = new ArrayList<>();
  boolean finished;
  private int handling;
  int closeInHandlerAfter = -1;
  Duration closeTimeout = Duration.ZERO;
  private StreamFailedException.@Nullable Reason failureReason;
  private @Nullable Set<Object> firstForHandler;
  private @Nullable SimulatedThread puller;

  /** How many interrupts the puller may still notice. Several can merge into one. */
  int interrupts;

  Application(
      VirtualRuntime runtime,
      RandomChoices chance,
      EventStream<Object> stream,
      DeliveryChecks deliveryChecks,
      InvariantChecks invariants,
      Consumer<StreamFailedException> onFailure,
      MemoryShortages shortages,
      int window,
      BooleanSupplier calm) {
    this.runtime = runtime;
    this.chance = chance;
    this.stream = stream;
    this.deliveryChecks = deliveryChecks;
    this.invariants = invariants;
    this.onFailure = onFailure;
    this.shortages = shortages;
    this.window = window;
    this.calm = calm;
    this.mode = calm.getAsBoolean() ? Mode.TIMED_NEXT : chance.of(Mode.values());
    this.signal = runtime.newSignal();
  }

  /** Makes the handler, if there is one, close the stream after a number of events. */
  void closeInHandler(int after, Duration timeout) {
    closeInHandlerAfter = after;
    closeTimeout = timeout;
  }

  SimulatedThread start(VirtualProcess process) {
    SimulatedThread started = process.spawn("puller", this::pull);
    puller = started;
    threads.add(started);
    int ackers = chance.between(1, 3);
    for (int i = 0; i < ackers; i++) {
      threads.add(process.spawn("acker-" + i, this::settle));
    }
    return started;
  }

  /** Interrupts the puller. */
  void interrupt() {
    if (puller != null) {
      interrupts++;
      puller.interrupt();
    }
  }

  /** Waits up to 20 s for a delivery that is not settled yet. */
  void awaitTaken() throws InterruptedException {
    signal.await(() -> !pending.isEmpty() || isHandling(), Duration.ofSeconds(20));
  }

  /** Returns whether a handler runs that can be waited for. */
  boolean isHandling() {
    return false;
  }

  /** Waits until all threads have ended. Called after the stream was closed. */
  void finish() throws InterruptedException {
    finished = true;
    signal.raise();
    for (SimulatedThread thread : threads) {
      invariants.require(
          thread.join(Duration.ofMinutes(10)),
          "%s did not end though the stream is closed",
          thread.name());
    }
  }

  /** Returns the reason of the failure that the puller got; null if it got none. */
  StreamFailedException.@Nullable Reason failureReason() {
    return failureReason;
  }

  // --- pulling

  private void pull() throws Exception {
    boolean goOn = true;
    while (goOn) {
      boolean wasClosed = deliveryChecks.isClosed();
      try {
        Mode used;
        try {
          used = pullOnce();
        } finally {
          shortages.leavePull();
        }
        requireOurInterrupts(false);
        invariants.require(
            !wasClosed || used == Mode.CONSUME || used == Mode.ITERATE,
            "a pull of a closed stream returned");
        goOn = !deliveryChecks.isClosed() && !isClosing();
      } catch (InterruptedException e) {
        invariants.count("interrupted");
        requireOurInterrupts(true);
      } catch (StreamEndedException e) {
        requireOurInterrupts(false);
        invariants.require(
            Set.of(StreamState.ENDED, StreamState.CLOSING, StreamState.CLOSED)
                .contains(stream.state()),
            "a pull of %s threw that the source is complete",
            stream);
        goOn = pauseAtTheEnd();
      } catch (StreamClosedException e) {
        requireOurInterrupts(false);
        invariants.require(isClosing(), "a pull of %s threw that it is closed", stream);
        goOn = false;
      } catch (OutOfMemoryError e) {
        requireOurInterrupts(false);
        deliveryChecks.pullFailed();
      } catch (StreamInterruptedException e) {
        requireOurInterrupts(false);
        invariants.count("interrupted iterator");
        invariants.require(Thread.interrupted(), "the iterator lost the interrupt");
        interrupts = 0;
      } catch (StreamFailedException e) {
        requireOurInterrupts(false);
        streamFailed(e);
        goOn = false;
      }
    }
  }

  /**
   * Checks that the puller notices only the interrupts of this class. An interrupt of the stream,
   * such as during a close, must not leak.
   *
   * @param thrown whether the call threw an interrupt
   */
  private void requireOurInterrupts(boolean thrown) {
    boolean flag = Thread.currentThread().isInterrupted();
    int noticed = (thrown ? 1 : 0) + (flag ? 1 : 0);
    invariants.require(
        noticed <= interrupts,
        "the interrupt was %s, but %s were made",
        thrown && flag ? "thrown and the flag is set" : thrown ? "thrown" : "left in the flag",
        interrupts);
    interrupts = flag ? 1 : 0;
  }

  boolean isClosing() {
    return EnumSet.of(StreamState.CLOSING, StreamState.CLOSED).contains(stream.state());
  }

  private boolean pauseAtTheEnd() {
    try {
      runtime.sleep(Duration.ofMillis(200));
    } catch (InterruptedException e) {
      requireOurInterrupts(true);
    }
    return !finished;
  }

  void streamFailed(StreamFailedException why) {
    failureReason = why.reason();
    invariants.count("failure " + why.reason().tag());
    onFailure.accept(why);
    invariants.require(
        EnumSet.of(StreamState.FAILED, StreamState.CLOSING, StreamState.CLOSED)
            .contains(stream.state()),
        "a pull of %s threw a failure",
        stream);
  }

  /** Pulls once, and returns the way in which it did. */
  Mode pullOnce() throws Exception {
    deliveryChecks.previousAckEnded();
    Mode now =
        mode == Mode.MIXED ? chance.of(Mode.NEXT, Mode.TIMED_NEXT, Mode.POLL, Mode.ITERATE) : mode;
    Set<Object> first = deliveryChecks.mustComeFirst();
    Duration begun = runtime.elapsed();
    Duration timeout =
        calm.getAsBoolean()
            ? Duration.ofSeconds(1)
            : chance.of(Duration.ZERO, chance.millis(1, 100), chance.millis(100, 30_000));
    shortages.enterPull();
    switch (now) {
      case NEXT -> take(stream.next(), first);
      case TIMED_NEXT -> {
        stream.next(timeout).ifPresent(delivery -> take(delivery, first));
        requireInTime(begun, timeout);
      }
      case POLL -> {
        stream.poll(chance.between(1, window), timeout).forEach(delivery -> take(delivery, first));
        requireInTime(begun, timeout);
      }
      case ITERATE -> {
        Iterator<Delivery<Object>> iterator = stream.iterator();
        if (iterator.hasNext()) {
          take(iterator.next(), first);
        } else if (!isClosing()) {
          throwEnded();
        }
      }
      default -> {
        firstForHandler = first;
        stream.consume(this::handle);
        if (!isClosing()) {
          throwEnded();
        }
      }
    }
    return now;
  }

  /** Throws the reason why an iterator or {@code consume} has ended, if it is the end. */
  void throwEnded() throws InterruptedException {
    stream.next(Duration.ZERO).ifPresent(delivery -> take(delivery, new HashSet<>()));
  }

  void requireInTime(Duration begun, Duration timeout) {
    Duration took = runtime.elapsed().minus(begun);
    invariants.require(
        took.compareTo(timeout.plus(OVERRUN)) <= 0,
        "a call with a timeout of %s took %s",
        timeout,
        took);
  }

  void take(Delivery<?> delivery, Set<Object> first) {
    shortages.leavePull();
    check(delivery, first);
    int unacked = stream.stats().unacked();
    invariants.require(
        unacked <= window, "stats() says that %s are unacked in a window of %s", unacked, window);
    pending.add(delivery);
    signal.raise();
  }

  /** Checks a delivery that a call other than consume has returned. */
  void check(Delivery<?> delivery, Set<Object> first) {
    deliveryChecks.handedOut(delivery, first);
  }

  private void handle(Delivery<Object> delivery) throws InterruptedException {
    shortages.leavePull();
    handling++;
    deliveryChecks.previousAckEnded();
    Set<Object> first = firstForHandler;
    deliveryChecks.handedOut(delivery, first == null ? new HashSet<>() : first);
    try {
      if (chance.percent(30)) {
        runtime.sleep(chance.millis(0, 3_000));
      }
    } catch (InterruptedException e) {
      deliveryChecks.interruptedHandler(delivery);
      throw e;
    }
    if (handling == closeInHandlerAfter) {
      deliveryChecks.closing();
      stream.close(closeTimeout);
      if (stream.state() == StreamState.CLOSED) {
        deliveryChecks.closed();
      }
      deliveryChecks.handled(delivery);
    } else if (chance.percent(10)) {
      deliveryChecks.nackedByHandler(delivery);
    } else {
      deliveryChecks.handled(delivery);
    }
    firstForHandler = deliveryChecks.mustComeFirst();
    shortages.enterPull();
  }

  // --- settling

  private void settle() throws InterruptedException {
    while (true) {
      signal.await(() -> !pending.isEmpty() || finished, FOREVER);
      if (pending.isEmpty()) {
        return;
      }
      Delivery<?> delivery = pending.remove(chance.between(0, pending.size() - 1));
      if (!calm.getAsBoolean() && !finished && chance.percent(40)) {
        runtime.sleep(chance.percent(10) ? chance.millis(0, 20_000) : chance.millis(0, 500));
      }
      settle(delivery);
    }
  }

  private void settle(Delivery<?> delivery) {
    int dice = calm.getAsBoolean() ? 0 : chance.between(0, 99);
    if (dice < 75) {
      deliveryChecks.ack(delivery);
    } else if (dice < 85) {
      deliveryChecks.nack(delivery);
    } else if (dice < 90) {
      deliveryChecks.nack(delivery, chance.millis(0, 5_000));
    } else {
      // Two threads settle the same delivery, and one of them wins.
      pending.add(delivery);
      signal.raise();
      deliveryChecks.ack(delivery);
    }
  }
}
