package dev.perennial.testkit.simulation;

import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamClosedException;
import dev.perennial.StreamEndedException;
import dev.perennial.StreamException;
import dev.perennial.StreamState;
import dev.perennial.port.StreamRuntime.Signal;
import dev.perennial.testkit.Actor;
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
import org.jspecify.annotations.Nullable;

/**
 * What an application does with its stream: one actor pulls, in each way that there is, and some
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
  private final Chance chance;
  private final EventStream<Object> stream;
  private final Handouts handouts;
  private final Referee referee;
  private final Set<StreamException.Reason> expectedDeaths;
  private final Mode mode;
  private final BooleanSupplier calm;
  private final int window;
  private final Signal signal;
  private final List<Delivery<?>> pending = new ArrayList<>();
  private final List<Actor> actors = new ArrayList<>();
  private boolean finished;
  private int handling;
  private int closeInHandlerAfter = -1;
  private Duration closeTimeout = Duration.ZERO;
  private @Nullable StreamException death;
  private @Nullable Set<Object> firstForHandler;

  Application(
      VirtualRuntime runtime,
      Chance chance,
      EventStream<Object> stream,
      Handouts handouts,
      Referee referee,
      Set<StreamException.Reason> expectedDeaths,
      int window,
      BooleanSupplier calm) {
    this.runtime = runtime;
    this.chance = chance;
    this.stream = stream;
    this.handouts = handouts;
    this.referee = referee;
    this.expectedDeaths = expectedDeaths;
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

  Actor start(VirtualProcess process) {
    Actor puller = process.spawn("puller", this::pull);
    actors.add(puller);
    int ackers = chance.between(1, 3);
    for (int i = 0; i < ackers; i++) {
      actors.add(process.spawn("acker-" + i, this::settle));
    }
    return puller;
  }

  /** Lets all actors come to their end, after the stream was closed. */
  void finish() throws InterruptedException {
    finished = true;
    signal.raise();
    for (Actor actor : actors) {
      referee.require(
          actor.join(Duration.ofMinutes(10)),
          "%s did not end though the stream is closed",
          actor.name());
    }
  }

  @Nullable StreamException death() {
    return death;
  }

  // --- pulling

  private void pull() throws Exception {
    boolean goesOn = true;
    while (goesOn) {
      boolean wasClosed = handouts.isClosed();
      try {
        pullOnce();
        referee.require(
            !wasClosed || mode == Mode.CONSUME || mode == Mode.ITERATE,
            "a pull of a closed stream returned");
        goesOn = !handouts.isClosed() && !isClosing();
      } catch (InterruptedException e) {
        referee.count("interrupted");
        referee.require(
            !Thread.currentThread().isInterrupted(),
            "the flag is set though the interrupt was thrown");
      } catch (StreamEndedException e) {
        referee.require(
            Set.of(StreamState.ENDED, StreamState.CLOSING, StreamState.CLOSED)
                .contains(stream.state()),
            "%s is said to be complete",
            stream);
        goesOn = pauseAtTheEnd();
      } catch (StreamClosedException e) {
        referee.require(isClosing(), "%s is said to be closed", stream);
        goesOn = false;
      } catch (StreamException e) {
        goesOn = e.reason() == StreamException.Reason.INTERRUPTED;
        if (goesOn) {
          referee.count("interrupted iterator");
          referee.require(Thread.interrupted(), "the iterator lost the interrupt");
        } else {
          died(e);
        }
      }
    }
  }

  private boolean isClosing() {
    return EnumSet.of(StreamState.CLOSING, StreamState.CLOSED).contains(stream.state());
  }

  private boolean pauseAtTheEnd() {
    try {
      runtime.sleep(Duration.ofMillis(200));
    } catch (InterruptedException e) {
      // Only the stream's reaction to an interrupt is of interest.
    }
    return !finished;
  }

  private void died(StreamException why) {
    death = why;
    referee.count("death " + why.reason().tag());
    referee.require(
        expectedDeaths.contains(why.reason()),
        "the stream died of %s: %s, caused by %s",
        why.reason().tag(),
        why.getMessage(),
        why.getCause());
    referee.require(
        EnumSet.of(StreamState.FAILED, StreamState.CLOSING, StreamState.CLOSED)
            .contains(stream.state()),
        "%s is said to be dead",
        stream);
  }

  private void pullOnce() throws Exception {
    Mode now =
        mode == Mode.MIXED ? chance.of(Mode.NEXT, Mode.TIMED_NEXT, Mode.POLL, Mode.ITERATE) : mode;
    Set<Object> first = handouts.mustComeFirst();
    Duration begun = runtime.elapsed();
    Duration timeout =
        calm.getAsBoolean()
            ? Duration.ofSeconds(1)
            : chance.of(Duration.ZERO, chance.millis(1, 100), chance.millis(100, 30_000));
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
  }

  /** An iterator and {@code consume} end without a word; {@code next} says why. */
  private void throwEnded() throws InterruptedException {
    stream.next(Duration.ZERO).ifPresent(delivery -> take(delivery, new HashSet<>()));
  }

  private void requireInTime(Duration begun, Duration timeout) {
    Duration took = runtime.elapsed().minus(begun);
    referee.require(
        took.compareTo(timeout.plus(OVERRUN)) <= 0,
        "a call with a timeout of %s took %s",
        timeout,
        took);
  }

  private void take(Delivery<?> delivery, Set<Object> first) {
    handouts.handedOut(delivery, first);
    int unacked = stream.stats().unacked();
    referee.require(
        unacked <= window, "stats() says that %s are unacked in a window of %s", unacked, window);
    pending.add(delivery);
    signal.raise();
  }

  private void handle(Delivery<Object> delivery) throws InterruptedException {
    handling++;
    handouts.handling(delivery);
    Set<Object> first = firstForHandler;
    handouts.handedOut(delivery, first == null ? new HashSet<>() : first);
    try {
      if (chance.percent(30)) {
        runtime.sleep(chance.millis(0, 3_000));
      }
    } catch (InterruptedException e) {
      handouts.nackedByHandler(delivery);
      throw e;
    }
    if (handling == closeInHandlerAfter) {
      stream.close(closeTimeout);
      if (stream.state() == StreamState.CLOSED) {
        handouts.closed();
      }
      handouts.handled(delivery);
    } else if (chance.percent(10)) {
      handouts.nack(delivery);
    } else {
      handouts.handled(delivery);
    }
    firstForHandler = handouts.mustComeFirst();
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
      handouts.ack(delivery);
    } else if (dice < 90) {
      handouts.nack(delivery);
    } else {
      // Two settle the same delivery, and one wins.
      pending.add(delivery);
      signal.raise();
      handouts.ack(delivery);
    }
  }
}
