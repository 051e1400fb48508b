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
 * What an application does with its stream: one thread pulls, in each way that there is, and some
 * settle.
 */
final class Application {

  /** How a process pulls. */
  enum Mode {
    NEXT,
    TIMED_NEXT,
    POLL,
    ITERATE,
    CONSUME,
    MIXED
  }

  private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

  /**
   * The most that a timed call may overrun, for it may have to wait for what the source's driver
   * needs.
   */
  private static final Duration OVERRUN = Duration.ofSeconds(90);

  private final VirtualRuntime runtime;
  private final RandomChoices chance;
  private final EventStream<Object> stream;
  private final DeliveryChecks deliveryChecks;
  private final InvariantChecks invariants;
  private final Consumer<StreamFailedException> died;
  private final MemoryShortages shortages;
  private final Mode mode;
  private final BooleanSupplier calm;
  private final int window;
  private final Signal signal;
  private final List<Delivery<?>> pending = new ArrayList<>();
  private final List<SimulatedThread> threads = new ArrayList<>();
  private boolean finished;
  private int handling;
  private int closeInHandlerAfter = -1;
  private Duration closeTimeout = Duration.ZERO;
  private StreamFailedException.@Nullable Reason deathReason;
  private @Nullable Set<Object> firstForHandler;
  private @Nullable SimulatedThread puller;

  /** How many interrupts the puller may still be told of: several may have become one. */
  private int interrupts;

  Application(
      VirtualRuntime runtime,
      RandomChoices chance,
      EventStream<Object> stream,
      DeliveryChecks deliveryChecks,
      InvariantChecks invariants,
      Consumer<StreamFailedException> died,
      MemoryShortages shortages,
      int window,
      BooleanSupplier calm) {
    this.runtime = runtime;
    this.chance = chance;
    this.stream = stream;
    this.deliveryChecks = deliveryChecks;
    this.invariants = invariants;
    this.died = died;
    this.shortages = shortages;
    this.window = window;
    this.calm = calm;
    this.mode = calm.getAsBoolean() ? Mode.TIMED_NEXT : chance.of(Mode.values());
    this.signal = runtime.newSignal();
  }

  /** Closes the stream from within the handler, if there is one, after so many events. */
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

  /** Waits for a time until something is being settled. */
  void awaitTaken() throws InterruptedException {
    signal.await(() -> !pending.isEmpty(), Duration.ofSeconds(20));
  }

  /** Waits until all threads have ended, after the stream was closed. */
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

  /** What the puller was told that the stream died of; null if it was not. */
  StreamFailedException.@Nullable Reason deathReason() {
    return deathReason;
  }

  // --- pulling

  private void pull() throws Exception {
    boolean goesOn = true;
    while (goesOn) {
      boolean wasClosed = deliveryChecks.isClosed();
      try {
        Mode used;
        try {
          used = pullOnce();
        } finally {
          shortages.doNotPull();
        }
        requireOurInterrupts(false);
        invariants.require(
            !wasClosed || used == Mode.CONSUME || used == Mode.ITERATE,
            "a pull of a closed stream returned");
        goesOn = !deliveryChecks.isClosed() && !isClosing();
      } catch (InterruptedException e) {
        invariants.count("interrupted");
        requireOurInterrupts(true);
      } catch (StreamEndedException e) {
        requireOurInterrupts(false);
        invariants.require(
            Set.of(StreamState.ENDED, StreamState.CLOSING, StreamState.CLOSED)
                .contains(stream.state()),
            "%s is said to be complete",
            stream);
        goesOn = pauseAtTheEnd();
      } catch (StreamClosedException e) {
        requireOurInterrupts(false);
        invariants.require(isClosing(), "%s is said to be closed", stream);
        goesOn = false;
      } catch (OutOfMemoryError e) {
        requireOurInterrupts(false);
        deliveryChecks.cutShort();
      } catch (StreamInterruptedException e) {
        requireOurInterrupts(false);
        invariants.count("interrupted iterator");
        invariants.require(Thread.interrupted(), "the iterator lost the interrupt");
        interrupts = 0;
      } catch (StreamFailedException e) {
        requireOurInterrupts(false);
        died(e);
        goesOn = false;
      }
    }
  }

  /**
   * Only we interrupt the puller: what a call throws and what the flag says, which may come of
   * another interrupt, are ours. Whatever else interrupts the puller, such as a close, must not
   * leak.
   *
   * @param thrown whether the call threw an interrupt
   */
  private void requireOurInterrupts(boolean thrown) {
    boolean flag = Thread.currentThread().isInterrupted();
    int told = (thrown ? 1 : 0) + (flag ? 1 : 0);
    invariants.require(
        told <= interrupts,
        "the interrupt was %s, but %s were made",
        thrown && flag ? "thrown and the flag is set" : thrown ? "thrown" : "left in the flag",
        interrupts);
    interrupts = flag ? 1 : 0;
  }

  private boolean isClosing() {
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

  private void died(StreamFailedException why) {
    deathReason = why.reason();
    invariants.count("death " + why.reason().tag());
    died.accept(why);
    invariants.require(
        EnumSet.of(StreamState.FAILED, StreamState.CLOSING, StreamState.CLOSED)
            .contains(stream.state()),
        "%s is said to be dead",
        stream);
  }

  /** Says which way of pulling it was. */
  private Mode pullOnce() throws Exception {
    deliveryChecks.handledBefore();
    Mode now =
        mode == Mode.MIXED ? chance.of(Mode.NEXT, Mode.TIMED_NEXT, Mode.POLL, Mode.ITERATE) : mode;
    Set<Object> first = deliveryChecks.mustComeFirst();
    Duration begun = runtime.elapsed();
    Duration timeout =
        calm.getAsBoolean()
            ? Duration.ofSeconds(1)
            : chance.of(Duration.ZERO, chance.millis(1, 100), chance.millis(100, 30_000));
    shortages.pull();
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

  /** An iterator and {@code consume} end without a word; {@code next} says why. */
  private void throwEnded() throws InterruptedException {
    stream.next(Duration.ZERO).ifPresent(delivery -> take(delivery, new HashSet<>()));
  }

  private void requireInTime(Duration begun, Duration timeout) {
    Duration took = runtime.elapsed().minus(begun);
    invariants.require(
        took.compareTo(timeout.plus(OVERRUN)) <= 0,
        "a call with a timeout of %s took %s",
        timeout,
        took);
  }

  private void take(Delivery<?> delivery, Set<Object> first) {
    shortages.doNotPull();
    deliveryChecks.handedOut(delivery, first);
    int unacked = stream.stats().unacked();
    invariants.require(
        unacked <= window, "stats() says that %s are unacked in a window of %s", unacked, window);
    pending.add(delivery);
    signal.raise();
  }

  private void handle(Delivery<Object> delivery) throws InterruptedException {
    shortages.doNotPull();
    handling++;
    deliveryChecks.handledBefore();
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
    shortages.pull();
  }

  // --- settling

  private void settle() throws InterruptedException {
    while (true) {
      signal.await(() -> !pending.isEmpty() || finished, FOR_EVER);
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
      // Two settle the same delivery, and one wins.
      pending.add(delivery);
      signal.raise();
      deliveryChecks.ack(delivery);
    }
  }
}
