package dev.perennial.testkit;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import dev.perennial.port.StreamRuntime;
import dev.perennial.testkit.internal.VirtualClock;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A connection that follows a script. A {@link ScriptedServer} can add arrivals to it. */
final class ScriptedConnection<E, P extends Position> implements AckingConnection<E, P> {

  /** The longest timeout that the contract of {@code receive} allows. */
  private static final Duration LONGEST_RECEIVE = Duration.ofMillis(500);

  private record Item<E>(long due, ConnectionScript.Line<E> line) {}

  private final int number;
  private final ConnectionScript<E> script;
  private final SourceContractCheck contract;
  private final StreamRuntime runtime;
  private final StreamRuntime.Signal signal;
  private final BiFunction<Long, @Nullable E, P> positions;
  private final Predicate<P> isOwn;
  private final AckRecorder<E, P> acks;
  private final Consumer<ScriptedConnection<E, P>> closed;
  private final long openedAt;

  private final ArrayDeque<Item<E>> items = new ArrayDeque<>();
  private volatile long puts;
  private volatile boolean woken;
  private volatile boolean lost;
  private volatile boolean isClosed;
  private final List<P> unwritten = new ArrayList<>();
  private int written;

  /** The part of a source that records written acks and keeps those that cannot be written yet. */
  interface AckRecorder<E, P extends Position> {

    /** Records an ack that the connection wrote. */
    void written(ScriptedConnection<E, P> connection, P position);

    /** Keeps the ack of an event of another connection, or one that came after the close. */
    void keep(P position);

    /** Drops the kept ack of an event that was redelivered. */
    void received(P position);

    /** Returns and removes the kept acks that an idle connection may write now. */
    List<P> takeKept();

    /** Returns how many acks are kept. */
    int keptCount();
  }

  ScriptedConnection(
      int number,
      ConnectionScript<E> script,
      SourceContractCheck contract,
      StreamRuntime runtime,
      BiFunction<Long, @Nullable E, P> positions,
      Predicate<P> isOwn,
      AckRecorder<E, P> acks,
      Consumer<ScriptedConnection<E, P>> closed) {
    this.number = number;
    this.script = script;
    this.contract = contract;
    this.runtime = runtime;
    this.signal = runtime.newSignal();
    this.positions = positions;
    this.isOwn = isOwn;
    this.acks = acks;
    this.closed = closed;
    this.openedAt = runtime.nanoTime();
    for (ConnectionScript.Arrival<E> arrival : script.arrivals()) {
      items.add(new Item<>(TimeUnit.NANOSECONDS.convert(arrival.after()), arrival.line()));
    }
  }

  int number() {
    return number;
  }

  /** Adds an arrival now, after all that have arrived. */
  void put(ConnectionScript.Line<E> line) {
    long now = runtime.nanoTime() - openedAt;
    synchronized (items) {
      items.add(new Item<>(now, line));
      puts++;
    }
    signal.raise();
  }

  /** Drops everything that was not received yet, like a cut cable. */
  void dropUnreceived() {
    synchronized (items) {
      items.clear();
    }
  }

  boolean isOpen() {
    return !lost && !isClosed;
  }

  @Override
  public @Nullable Received<E, P> receive(Duration timeout) throws Exception {
    contract.enter("receive on connection " + number);
    try {
      if (isClosed || lost) {
        contract.violation(
            "receive on connection "
                + number
                + " was called after it was "
                + (isClosed ? "closed" : "lost"));
      }
      if (timeout.isNegative() || timeout.compareTo(LONGEST_RECEIVE) > 0) {
        contract.violation(
            "receive on connection "
                + number
                + " was called with a timeout of "
                + VirtualClock.text(timeout));
      }
      signal.raise(); // a scheduling point
      Received<E, P> received = take(timeout);
      if (received == null) {
        acks.takeKept().forEach(this::write);
      }
      return received;
    } finally {
      contract.exit();
    }
  }

  private @Nullable Received<E, P> take(Duration timeout) throws Exception {
    long deadline = runtime.nanoTime() - openedAt + timeout.toNanos();
    while (true) {
      long now = runtime.nanoTime() - openedAt;
      long seen;
      Item<E> head;
      synchronized (items) {
        seen = puts;
        head = items.peek();
        if (head != null && head.due <= now) {
          items.remove();
        }
      }
      if (head != null && head.due <= now) {
        if (!(head.line instanceof ConnectionScript.Block<E> block)) {
          return give(head.line);
        }
        if (timeout.isZero()) {
          putBack(head);
          return null;
        }
        block(block);
        continue;
      }
      if (woken && !script.isIgnoringWakeUp()) {
        woken = false;
        return null;
      }
      long left = deadline - now;
      if (left <= 0) {
        return null;
      }
      long wait = head == null ? left : Math.min(left, head.due - now);
      signal.await(
          () -> puts != seen || (woken && !script.isIgnoringWakeUp()), Duration.ofNanos(wait));
    }
  }

  private void putBack(Item<E> head) {
    synchronized (items) {
      items.addFirst(head);
    }
  }

  private void block(ConnectionScript.Block<E> block) throws InterruptedException {
    if (block instanceof ConnectionScript.Stall<E> stall) {
      RuntimeWaits.stall(runtime, stall.time());
    } else if (block instanceof ConnectionScript.Hang<E> hang && hang.time() != null) {
      RuntimeWaits.sleep(runtime, hang.time());
    } else {
      RuntimeWaits.hang(runtime);
    }
  }

  private Received<E, P> give(ConnectionScript.Line<E> line) throws Exception {
    if (line instanceof ConnectionScript.Event<E> event) {
      P position = positions.apply(event.position(), event.event());
      acks.received(position);
      return Received.event(event.event(), position);
    } else if (line instanceof ConnectionScript.Progress<E> progress) {
      return Received.progress(positions.apply(progress.position(), null));
    } else if (line instanceof ConnectionScript.Lose<E> lose) {
      lost = true;
      throw lose.cause();
    }
    return Received.end();
  }

  @Override
  public void wakeUp() {
    woken = true;
    signal.raise();
  }

  @Override
  public void acknowledge(P position) {
    signal.raise(); // a scheduling point
    if (isOwn.test(position)) {
      write(position);
    } else {
      acks.keep(position);
    }
  }

  private void write(P position) {
    synchronized (items) {
      if (isClosed) {
        acks.keep(position);
        return;
      }
      if (lost || written >= script.writtenAcks()) {
        unwritten.add(position);
        return;
      }
      written++;
    }
    acks.written(this, position);
  }

  @Override
  public int unsent() {
    synchronized (items) {
      return unwritten.size() + acks.keptCount();
    }
  }

  @Override
  public void close(Duration flush) throws IOException, InterruptedException {
    contract.enter("close of connection " + number);
    try {
      if (isClosed) {
        contract.violation("connection " + number + " was closed twice");
      }
      signal.raise(); // a scheduling point
      if (script.isCloseHanging()) {
        RuntimeWaits.hang(runtime);
      }
      RuntimeWaits.sleep(runtime, script.closeTime());
    } finally {
      synchronized (items) {
        isClosed = true;
        unwritten.forEach(acks::keep);
        unwritten.clear();
      }
      contract.connectionClosed(number);
      closed.accept(this);
      contract.exit();
    }
    IOException failure = script.closeFailure();
    if (failure != null) {
      throw failure;
    }
  }
}
