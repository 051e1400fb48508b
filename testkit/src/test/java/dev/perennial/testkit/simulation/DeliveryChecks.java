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
 * Checks of the deliveries of one process, made at each receive, delivery and settlement. Used only
 * by simulated threads, one at a time.
 */
final class DeliveryChecks {

  /**
   * The acks of one delivery. The stream may count an ack as soon as the call begins, and forget
   * the event after that. Of two concurrent acks it may count either.
   */
  private static final class Acks {
    final long begun;

    /** How many acks had been counted when the first ack of this delivery began. */
    final int before;

    int running;
    int lost;
    boolean won;

    /** Whether a connection closed during the ack, so that it may not have taken the ack. */
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

  /** The events received from all connections, in order. */
  private final List<Object> received = new ArrayList<>();

  /** How many events of {@link #received} were handed out or dropped. */
  private int passed;

  /** The newest delivery of each event that was handed out. */
  private final Map<Object, Delivery<?>> newest = new HashMap<>();

  private final Map<Delivery<?>, Acks> acks = new IdentityHashMap<>();

  /** How many of {@link #newest} are not acked. */
  private int open;

  private int acksWon;
  private int acksRunning;
  private int lateAcksReported;
  private int handlersTooLate;

  /** Events whose nack has begun, which may be delivered again. */
  private final Set<Object> nackBegun = new HashSet<>();

  /** Nacked events that must be delivered again before any new event. */
  private final Set<Object> nacked = new HashSet<>();

  /** The earliest time at which a nacked event may be delivered again. */
  private final Map<Object, Long> notBefore = new HashMap<>();

  private final Map<Delivery<?>, Integer> settled = new IdentityHashMap<>();
  private final List<Object> order = new ArrayList<>();

  /** The delivery whose handler has returned last; the stream acks it or has acked it. */
  private @Nullable Delivery<?> handled;

  private final Map<Position, Position> redelivered = new HashMap<>();

  /**
   * Acked events that were received again and not yet dropped or handed out. They are new events
   * for a stream that no longer remembers their acks.
   */
  private final Set<Position> expectedAgain = new HashSet<>();

  /** The deliveries acked before the first close of the stream; null until then. */
  private @Nullable List<Delivery<?>> ackedBeforeClose;

  /** The most deliveries that the stream may have kept because an error ended a pull. */
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
      expectedAgain.add(newest.get(event).position());
    }
  }

  /** Records a dropped redelivery. From now on its position is the one to acknowledge. */
  void redelivered(Position position) {
    expectedAgain.remove(position);
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

  /** Returns how many delivered events are not acked. */
  int unacked() {
    return open;
  }

  /** Returns the most events that may be received but not delivered. Some may be redeliveries. */
  int heldBack() {
    return received.size() - passed;
  }

  int handedOut() {
    return newest.size();
  }

  /** Records that a connection is about to close. */
  void closingConnection() {
    acks.values().forEach(one -> one.crossed |= one.running > 0);
  }

  /** Records that the stream is about to close. */
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
   * Returns the deliveries of these events that were acked before the first close of the stream,
   * and not while a connection ended.
   */
  List<Delivery<?>> ackedBeforeClose(Collection<Object> events) {
    List<Delivery<?>> acked = ackedBeforeClose == null ? List.of() : ackedBeforeClose;
    return acked.stream()
        .filter(delivery -> events.contains(delivery.event()))
        .filter(delivery -> newest.get(delivery.event()) == delivery)
        .filter(delivery -> !acks.get(delivery).crossed)
        .filter(delivery -> !expectedAgain.contains(delivery.position()))
        .toList();
  }

  void closed() {
    closed = true;
  }

  boolean isClosed() {
    return closed;
  }

  /**
   * Records that an error ended a pull. The events that it held come first, before those nacked
   * meanwhile.
   */
  void pullFailed() {
    kept = heldBack() + nackBegun.size();
  }

  /** Returns the nacked events that a pull which begins now must deliver before any new event. */
  Set<Object> mustComeFirst() {
    return kept > 0 ? new HashSet<>() : new HashSet<>(nacked);
  }

  /**
   * Checks a delivery that a pull returned.
   *
   * @param first the events nacked before the pull that it has not delivered yet
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
    expectedAgain.remove(delivery.position());
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
        nackBegun.remove(event), "%s was delivered again without a nack: %s", event, delivery);
    Delivery<?> before = newest.get(event);
    int last = before == null ? 0 : before.attempt();
    invariants.require(
        delivery.attempt() == last + 1,
        "%s was delivered as attempt %s after attempt %s",
        event,
        delivery.attempt(),
        last);
    Long earliest = notBefore.remove(event);
    invariants.require(
        earliest == null || runtime.nanoTime() - earliest >= 0,
        "%s was delivered again before the end of its wait",
        event);
    nacked.remove(event);
    first.remove(event);
    for (Object other : first) {
      invariants.require(
          order.lastIndexOf(event) < order.lastIndexOf(other),
          "the nacked %s was delivered before %s, although it was after it at first",
          event,
          other);
    }
  }

  private void handedOutFirst(Object event) {
    boolean found = false;
    while (!found) {
      invariants.require(
          passed < received.size(), "%s was delivered twice, or was never received", event);
      Object next = received.get(passed++);
      found = next.equals(event) && (!newest.containsKey(event) || mayBeForgotten(event));
      if (!found) {
        invariants.count("redelivery dropped");
      }
      invariants.require(
          found || newest.containsKey(next),
          "%s was received, but %s was delivered instead of it",
          next,
          event);
    }
    order.add(event);
  }

  /**
   * Returns whether a redelivery of the event may count as new, because enough acks came after its
   * own or the horizon has passed.
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
          current, "%s was acked at an older position than its redelivery at %s", delivery, copy);
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

  /** Records that a handler is about to return. The stream then acks, unless it is closed. */
  void handled(Delivery<?> delivery) {
    invariants.note("handled %s", delivery.event());
    Acks mine = begin(delivery);
    mine.running--;
    acksRunning--;
    count(delivery, mine);
    handled = delivery;
  }

  /** Records that the ack after the previous handler has ended. */
  void previousAckEnded() {
    Delivery<?> before = handled;
    if (before != null) {
      handled = null;
      ackRecord.end(before.event(), true);
    }
  }

  /** Nacks in a handler that is about to return. */
  void nackedByHandler(Delivery<?> delivery) {
    if (!nack(delivery)) {
      // The stream was closed first, so it acks the delivery too late after the handler.
      handlersTooLate++;
    }
  }

  /** Records that the stream reported a late ack. */
  void lateAck() {
    lateAcksReported++;
    Delivery<?> late = handled;
    if (late != null) {
      handled = null;
      invariants.note("handled %s too late", late.event());
      Acks mine = acks.get(late);
      mine.won = false;
      mine.lost++;
      open++;
      ackRecord.end(late.event(), false);
    }
  }

  /** Checks that exactly the late acks were reported. Called after the stream has closed. */
  void requireLateAcksReported() {
    int late = acks.values().stream().filter(one -> !one.won).mapToInt(one -> one.lost).sum();
    invariants.require(
        late <= lateAcksReported && lateAcksReported <= late + handlersTooLate,
        "%s late acks were reported, but %s were made",
        lateAcksReported,
        late);
  }

  /** Records that a handler is about to throw an interrupt, so its event is delivered again. */
  void interruptedHandler(Delivery<?> delivery) {
    nackBegun.add(delivery.event());
  }

  /** Nacks without a wait, so that the stream chooses one that grows with the attempts. */
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
      // It may have been delivered again before the nack returned.
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
