package dev.perennial.testkit.simulation;

import dev.perennial.Delivery;
import dev.perennial.port.Position;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What one process received and was handed, and what it settled: checked as it happens against what
 * must always hold of deliveries. Used only by simulated threads, one at a time.
 */
final class DeliveryChecks {

  /**
   * The acks of one delivery. From the moment that the first begins the stream may count it, and
   * forget the event in its time; of two that run at once, it may count either first.
   */
  private static final class Acks {
    final long begun;

    /** How many acks had returned by then, and so were counted before. */
    final int before;

    int running;
    int lost;
    boolean won;

    /** Whether a connection was closed meanwhile, which may or may not have taken the ack. */
    boolean crossed;

    Acks(long begun, int before) {
      this.begun = begun;
      this.before = before;
    }
  }

  private final StreamRuntime runtime;
  private final InvariantChecks invariants;
  private final AckRecord ackRecord;
  private final int window;
  private final int memory;
  private final Duration horizon;

  /** Each event that the connections gave, in order. */
  private final List<Object> received = new ArrayList<>();

  /** How many of {@link #received} have been handed out or dropped. */
  private int passed;

  /** The newest delivery of each event that was handed out. */
  private final Map<Object, Delivery<?>> newest = new HashMap<>();

  private final Map<Delivery<?>, Acks> acks = new IdentityHashMap<>();

  /** How many of {@link #newest} are not acked. */
  private int open;

  private int acksWon;
  private int acksRunning;
  private int lateAcksTold;
  private int handlersTooLate;

  /** What may come again: an attempt to nack it was begun. */
  private final Set<Object> nackBegun = new HashSet<>();

  /** What has to come again before anything new. */
  private final Set<Object> nacked = new HashSet<>();

  /** When at the earliest what was nacked may come again. */
  private final Map<Object, Long> notBefore = new HashMap<>();

  private final Map<Delivery<?>, Integer> settled = new IdentityHashMap<>();
  private final List<Object> order = new ArrayList<>();

  /** What a handler has returned from, and the stream acks or has acked. */
  private @Nullable Delivery<?> handled;

  private final Map<Position, Position> redelivered = new HashMap<>();

  /**
   * Acked events that were received again and neither dropped nor handed out: to the stream, which
   * remembers their acks no longer, they are new.
   */
  private final Set<Position> comesAgain = new HashSet<>();

  /** What was acked before anybody closed the stream; null until then. */
  private @Nullable List<Delivery<?>> ackedBeforeClose;

  /** So many deliveries at most were kept by an error that ended a pull. */
  private int kept;

  private boolean closed;

  DeliveryChecks(
      StreamRuntime runtime,
      InvariantChecks invariants,
      AckRecord ackRecord,
      int window,
      int memory,
      Duration horizon) {
    this.runtime = runtime;
    this.invariants = invariants;
    this.ackRecord = ackRecord;
    this.window = window;
    this.memory = memory;
    this.horizon = horizon;
  }

  void received(Object event) {
    invariants.note("received %s", event);
    received.add(event);
    if (isHandedOut(event) && !isUnacked(event)) {
      comesAgain.add(newest.get(event).position());
    }
  }

  /** Notes that a copy of an event was dropped, whose position is the one to ack from now on. */
  void redelivered(Position position) {
    comesAgain.remove(position);
    redelivered.remove(position);
    redelivered.put(position, position);
  }

  boolean wasReceived(Object event) {
    return received.contains(event);
  }

  boolean isHandedOut(Object event) {
    return newest.containsKey(event);
  }

  boolean isUnacked(Object event) {
    Delivery<?> delivery = newest.get(event);
    return delivery != null && !isAcked(delivery);
  }

  private boolean isAcked(Delivery<?> delivery) {
    Acks known = acks.get(delivery);
    return known != null && known.won;
  }

  /** How many of what was handed out is not acked. */
  int unacked() {
    return open;
  }

  /** How many events at the most were received and not handed out: the newest may be copies. */
  int heldBack() {
    return received.size() - passed;
  }

  int handedOut() {
    return newest.size();
  }

  /** Notes that a connection is about to be closed. */
  void closingConnection() {
    acks.values().forEach(one -> one.crossed |= one.running > 0);
  }

  /** Notes that somebody is about to close the stream. */
  void closing() {
    if (ackedBeforeClose == null) {
      ackedBeforeClose = new ArrayList<>();
      for (Delivery<?> delivery : newest.values()) {
        if (isAcked(delivery) && delivery != handled) {
          ackedBeforeClose.add(delivery);
        }
      }
    }
  }

  /**
   * The deliveries of those of these events that were acked before anybody closed the stream, and
   * while no connection ended.
   */
  List<Delivery<?>> ackedBeforeClose(Collection<Object> events) {
    List<Delivery<?>> acked = ackedBeforeClose == null ? List.of() : ackedBeforeClose;
    return acked.stream()
        .filter(delivery -> events.contains(delivery.event()))
        .filter(delivery -> newest.get(delivery.event()) == delivery)
        .filter(delivery -> !acks.get(delivery).crossed)
        .filter(delivery -> !comesAgain.contains(delivery.position()))
        .toList();
  }

  void closed() {
    closed = true;
  }

  boolean isClosed() {
    return closed;
  }

  /**
   * Notes that an error ended a pull. What it was about to hand out comes first, before what is
   * nacked meanwhile.
   */
  void cutShort() {
    kept = heldBack() + nackBegun.size();
  }

  /** The nacked events that must come before anything new, if a pull begins now. */
  Set<Object> mustComeFirst() {
    return kept > 0 ? new HashSet<>() : new HashSet<>(nacked);
  }

  /**
   * Checks a delivery that a pull gave.
   *
   * @param first what was nacked when the pull began, without what the pull has given of it
   */
  void handedOut(Delivery<?> delivery, Set<Object> first) {
    Object event = delivery.event();
    invariants.note("handed out %s", delivery);
    kept = Math.max(0, kept - 1);
    invariants.count(delivery.attempt() == 1 ? "new" : "nacked again");
    if (delivery.attempt() == 1) {
      invariants.require(first.isEmpty(), "%s was handed out before the nacked %s", event, first);
      redelivered.remove(delivery.position());
      handedOutFirst(event);
    } else {
      handedOutAgain(delivery, first);
    }
    comesAgain.remove(delivery.position());
    Delivery<?> before = newest.put(event, delivery);
    if (before == null || isAcked(before)) {
      open++;
    }
    int unacked = open - acksRunning;
    invariants.require(
        unacked <= window, "%s events are unacked in a window of %s", unacked, window);
  }

  private void handedOutAgain(Delivery<?> delivery, Set<Object> first) {
    Object event = delivery.event();
    invariants.require(
        nackBegun.remove(event), "%s came again without a nack: %s", event, delivery);
    Delivery<?> before = newest.get(event);
    int last = before == null ? 0 : before.attempt();
    invariants.require(
        delivery.attempt() == last + 1,
        "%s came as attempt %s after attempt %s",
        event,
        delivery.attempt(),
        last);
    Long earliest = notBefore.remove(event);
    invariants.require(
        earliest == null || runtime.nanoTime() - earliest >= 0,
        "%s came again before the end of its wait",
        event);
    nacked.remove(event);
    first.remove(event);
    for (Object other : first) {
      invariants.require(
          order.lastIndexOf(event) < order.lastIndexOf(other),
          "the nacked %s came before %s, which was delivered before it",
          event,
          other);
    }
  }

  private void handedOutFirst(Object event) {
    boolean found = false;
    while (!found) {
      invariants.require(
          passed < received.size(),
          "%s was handed out twice, or without having been received",
          event);
      Object next = received.get(passed++);
      found = next.equals(event) && (!newest.containsKey(event) || mayBeForgotten(event));
      if (!found) {
        invariants.count("redelivery dropped");
      }
      invariants.require(
          found || newest.containsKey(next),
          "%s was received, and %s handed out instead of it",
          next,
          event);
    }
    order.add(event);
  }

  /**
   * Whether a copy of the event may be taken for new: so many acks may have been counted behind its
   * own, or its time is over.
   */
  boolean mayBeForgotten(Object event) {
    Delivery<?> delivery = newest.get(event);
    Acks known = delivery == null ? null : acks.get(delivery);
    if (known == null || !known.won && known.running == 0) {
      return false;
    }
    int behind = acksWon + acksRunning - known.before - 1;
    return behind >= memory || runtime.nanoTime() - known.begun >= horizon.toNanos();
  }

  boolean ack(Delivery<?> delivery) {
    boolean wasClosed = closed;
    Position copy = redelivered.get(delivery.position());
    boolean current = copy == null || copy == delivery.position();
    Acks mine = begin(delivery);
    boolean won = delivery.ack();
    mine.running--;
    acksRunning--;
    invariants.note("ack of %s: %s", delivery.event(), won);
    if (won) {
      won(delivery, wasClosed);
      invariants.require(
          current, "%s was acked at an older position than that of the copy at %s", delivery, copy);
      count(delivery, mine);
    } else {
      mine.lost++;
    }
    ackRecord.end(delivery.event(), won);
    return won;
  }

  private Acks begin(Delivery<?> delivery) {
    ackRecord.begin(delivery.event());
    acksRunning++;
    Acks mine = acks.computeIfAbsent(delivery, d -> new Acks(runtime.nanoTime(), acksWon));
    mine.running++;
    return mine;
  }

  private void count(Delivery<?> delivery, Acks mine) {
    mine.won = true;
    acksWon++;
    if (newest.get(delivery.event()) == delivery) {
      open--;
    }
  }

  /** Notes that a handler is about to return, after which the stream acks unless it is closed. */
  void handled(Delivery<?> delivery) {
    invariants.note("handled %s", delivery.event());
    Acks mine = begin(delivery);
    mine.running--;
    acksRunning--;
    count(delivery, mine);
    handled = delivery;
  }

  /** Notes that a handler begins, or that none will: the ack of the one before has ended. */
  void handledBefore() {
    Delivery<?> before = handled;
    if (before != null) {
      handled = null;
      ackRecord.end(before.event(), true);
    }
  }

  /** Notes that a handler nacks, and is about to return. */
  void nackedByHandler(Delivery<?> delivery) {
    if (!nack(delivery)) {
      // The stream was closed first, and so finds the delivery as if nobody had settled it.
      handlersTooLate++;
    }
  }

  /** Notes that the stream told of a late ack. */
  void lateAck() {
    lateAcksTold++;
    Delivery<?> late = handled;
    if (late != null) {
      handled = null;
      invariants.note("handled %s in vain", late.event());
      Acks mine = acks.get(late);
      mine.won = false;
      mine.lost++;
      open++;
      ackRecord.end(late.event(), false);
    }
  }

  /** Every ack that came too late was told of, and nothing else. For a stream that is closed. */
  void requireLateAcksTold() {
    int late = acks.values().stream().filter(one -> !one.won).mapToInt(one -> one.lost).sum();
    invariants.require(
        late <= lateAcksTold && lateAcksTold <= late + handlersTooLate,
        "%s late acks were told of, but %s were made",
        lateAcksTold,
        late);
  }

  /**
   * Notes that a handler is about to throw an interrupt, after which the stream hands the event out
   * again.
   */
  void interruptedHandler(Delivery<?> delivery) {
    nackBegun.add(delivery.event());
  }

  /** Nacks without a wait of the application's own, which grows from the second attempt on. */
  boolean nack(Delivery<?> delivery) {
    long millis =
        delivery.attempt() == 1
            ? 0
            : (long) Math.min(1_000, 10 * Math.pow(2, delivery.attempt() - 2));
    return nack(delivery, Duration.ofMillis(millis), delivery::nack);
  }

  boolean nack(Delivery<?> delivery, Duration wait) {
    return nack(delivery, wait, () -> delivery.nack(wait));
  }

  private boolean nack(Delivery<?> delivery, Duration wait, BooleanSupplier nack) {
    Object event = delivery.event();
    boolean wasClosed = closed;
    boolean begunBefore = !nackBegun.add(event);
    long earliest = runtime.nanoTime() + wait.toNanos();
    boolean won = nack.getAsBoolean();
    invariants.note("nack of %s for %s: %s", event, wait, won);
    if (won) {
      won(delivery, wasClosed);
      // It may have come again before the nack returned.
      if (newest.get(event) == delivery) {
        notBefore.put(event, earliest);
        if (wait.isZero()) {
          nacked.add(event);
        } else {
          invariants.count("nacked with a wait");
        }
      }
    } else if (!begunBefore) {
      nackBegun.remove(event);
    }
    return won;
  }

  private void won(Delivery<?> delivery, boolean wasClosed) {
    invariants.require(!wasClosed, "%s was settled after the stream was closed", delivery);
    invariants.require(
        settled.merge(delivery, 1, Integer::sum) == 1, "%s was settled twice", delivery);
  }
}
