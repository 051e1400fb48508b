package dev.perennial.testkit.simulation;

import dev.perennial.Delivery;
import dev.perennial.port.Position;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
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

    /** How many nacks of this delivery are running. */
    int nacksRunning;

    boolean nacked;

    /** Whether a later attempt is acked instead, so that acks of this delivery are too late. */
    boolean laterAttemptAcked;

    /** Whether a connection closed during the ack, so that it may not have taken the ack. */
    boolean crossed;

    Acks(long begun, int before) {
      this.begun = begun;
      this.before = before;
    }
  }

  /** An ack that the stream makes itself, after a handler or a sink. */
  private static final class StreamAck {
    final Delivery<?> delivery;

    /** Whether the stream reports the end of the ack; otherwise the delivery shows it. */
    final boolean reported;

    boolean counted;

    StreamAck(Delivery<?> delivery, boolean reported) {
      this.delivery = delivery;
      this.reported = reported;
    }
  }

  private final StreamRuntime runtime;
  private final InvariantChecks invariants;
  private final AckRecord ackRecord;
  private final long begun;
  private final int window;
  private final int memory;
  private final Duration horizon;

  /** The events received from all connections, in order. */
  private final List<Object> received = new ArrayList<>();

  /** How many events of {@link #received} were handed out or dropped. */
  private int passed;

  /** Whether events may be handed out in another order than received. */
  private boolean anyOrder;

  /** How many times each event was handed out for the first time; it may have been forgotten. */
  private final Map<Object, Integer> handedOutFirst = new HashMap<>();

  /** When each event was received first, in this order. */
  private final Map<Object, Duration> arrivals = new LinkedHashMap<>();

  /** The newest delivery of each event that was handed out. */
  private final Map<Object, Delivery<?>> newest = new HashMap<>();

  private final Map<Delivery<?>, Acks> acks = new IdentityHashMap<>();

  /** How many of {@link #newest} are not acked. */
  private int open;

  private int acksWon;
  private int acksRunning;
  private int lateAcksReported;
  private int handlersTooLate;

  /** How many nacks of each event have begun, after which it may be delivered again. */
  private final Map<Object, Integer> nackBegun = new HashMap<>();

  private final Set<Object> mayBeNackedUnseen = new HashSet<>();

  /** How many times an event came again for a sink, which does not see these attempts. */
  private final Map<Object, Integer> unseenAttempts = new HashMap<>();

  /** Nacked events that must be delivered again before any new event. */
  private final Set<Object> nacked = new HashSet<>();

  /** The earliest time at which a nacked event may be delivered again. */
  private final Map<Object, Long> notBefore = new HashMap<>();

  private final Map<Delivery<?>, Integer> settled = new IdentityHashMap<>();
  private final List<Object> order = new ArrayList<>();

  /** What the stream acks on each thread since the last handler there. */
  private final Map<Thread, List<StreamAck>> streamAcks = new LinkedHashMap<>();

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

  /** Whether a call of the connection runs that must not wait, but may hang. */
  private boolean receivesNow;

  private boolean closed;

  DeliveryChecks(
      StreamRuntime runtime,
      InvariantChecks invariants,
      AckRecord ackRecord,
      int window,
      int memory,
      Duration horizon) {
    this.runtime = runtime;
    this.begun = runtime.nanoTime();
    this.invariants = invariants;
    this.ackRecord = ackRecord;
    this.window = window;
    this.memory = memory;
    this.horizon = horizon;
  }

  /** Allows events to be handed out in another order than received. */
  void anyOrder() {
    anyOrder = true;
  }

  void received(Object event) {
    invariants.note("received %s", event);
    received.add(event);
    arrivals.putIfAbsent(event, elapsed());
    if (isHandedOut(event) && !isUnacked(event)) {
      expectedAgain.add(newest.get(event).position());
    }
  }

  /** Records that a received event was dropped. */
  void dropped() {
    if (anyOrder) {
      passed++;
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
    countStreamAcks();
    Delivery<?> delivery = newest.get(event);
    return delivery != null && !isAcked(delivery);
  }

  private boolean isAcked(Delivery<?> delivery) {
    Acks known = acks.get(delivery);
    return known != null && known.won;
  }

  /** Returns how many delivered events are not acked. */
  int unacked() {
    countStreamAcks();
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
      countStreamAcks();
      ackedBeforeClose = new ArrayList<>();
      for (Delivery<?> delivery : newest.values()) {
        if (isAcked(delivery) && !isAckedByStreamNow(delivery)) {
          ackedBeforeClose.add(delivery);
        }
      }
    }
  }

  private boolean isAckedByStreamNow(Delivery<?> delivery) {
    return streamAcks.values().stream()
        .flatMap(List::stream)
        .anyMatch(ack -> ack.delivery == delivery);
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
    opened(delivery);
  }

  /** Checks a delivery that a handler, a sink or a pull got, whatever came before it. */
  void handedOutInAnyOrder(Delivery<?> delivery) {
    Object event = delivery.event();
    invariants.note("handed out %s", delivery);
    invariants.count(delivery.attempt() == 1 ? "new" : "nacked again");
    boolean isUnseenAttempt = mayBeNackedUnseen.remove(event);
    boolean isFirst = delivery.attempt() == 1;
    if (isUnseenAttempt && !isFirst) {
      Delivery<?> before = newest.get(event);
      isFirst = before == null || isAcked(before);
    }
    if (isFirst) {
      int times = handedOutFirst.merge(event, 1, Integer::sum);
      invariants.require(
          times <= Collections.frequency(received, event)
              && (!newest.containsKey(event) || mayBeForgotten(event)),
          "%s was delivered twice, or was never received",
          event);
      passed++;
      redelivered.remove(delivery.position());
      nackBegun.remove(event);
      unseenAttempts.remove(event);
      notBefore.remove(event);
    } else if (isUnseenAttempt) {
      Delivery<?> before = newest.get(event);
      invariants.require(
          before == null || delivery.attempt() > before.attempt(),
          "%s was delivered after %s",
          delivery,
          before);
      unseenAttempts.remove(event);
      requireWaited(event);
    } else {
      handedOutAgain(delivery, new HashSet<>());
    }
    opened(delivery);
  }

  private void opened(Delivery<?> delivery) {
    countStreamAcks();
    expectedAgain.remove(delivery.position());
    Delivery<?> before = newest.put(delivery.event(), delivery);
    if (before == null || isAcked(before)) {
      open++;
    }
    int unacked = open - acksRunning;
    invariants.require(
        unacked <= window, "%s events are unacked in a window of %s", unacked, window);
  }

  /** Replaces a delivery that only a report has shown. */
  void seen(Delivery<?> delivery) {
    newest.put(delivery.event(), delivery);
  }

  /** Returns whether the event was handed out and forgotten, and then handed out as a new one. */
  boolean wasForgotten(Object event) {
    return timesNew(event) > 1;
  }

  /** Returns how many times the event was handed out as a new one. */
  int timesNew(Object event) {
    return handedOutFirst.getOrDefault(event, 0);
  }

  /** Returns the events that were received before another one and that nothing has acked. */
  List<Object> unackedBefore(Object event) {
    return arrivals.keySet().stream()
        .takeWhile(earlier -> !earlier.equals(event))
        .filter(this::isNotAcked)
        .toList();
  }

  /** Returns the events received so long ago that were not handed out, without notices. */
  List<Object> receivedBefore(Duration age) {
    return arrivals.entrySet().stream()
        .filter(arrival -> elapsed().minus(arrival.getValue()).compareTo(age) > 0)
        .<Object>map(Map.Entry::getKey)
        // A notice may wait until the window has room.
        .filter(event -> !newest.containsKey(event) && !event.toString().startsWith("notice"))
        .toList();
  }

  void receivesNow(boolean now) {
    receivesNow = now;
  }

  /** Returns whether the pulling thread is in a call of the connection that must not wait. */
  boolean isReceivingNow() {
    return receivesNow;
  }

  Duration elapsed() {
    return Duration.ofNanos(runtime.nanoTime() - begun);
  }

  /** Returns the other events that nothing has acked, or that may have come again as new ones. */
  List<Object> unacked(Object event) {
    return arrivals.keySet().stream()
        .filter(other -> !other.equals(event) && (isNotAcked(other) || mayBeForgotten(other)))
        .toList();
  }

  private boolean isNotAcked(Object event) {
    countStreamAcks();
    Delivery<?> delivery = newest.get(event);
    Acks known = delivery == null ? null : acks.get(delivery);
    return known == null || (!known.won && known.running == 0);
  }

  private void handedOutAgain(Delivery<?> delivery, Set<Object> first) {
    Object event = delivery.event();
    invariants.require(
        nackBegun.remove(event) != null,
        "%s was delivered again without a nack: %s",
        event,
        delivery);
    Delivery<?> before = newest.get(event);
    int last = before == null ? 0 : before.attempt();
    Integer unseen = unseenAttempts.remove(event);
    invariants.require(
        delivery.attempt() == last + (unseen == null ? 1 : unseen),
        "%s was delivered as attempt %s after attempt %s and %s for a sink",
        event,
        delivery.attempt(),
        last,
        unseen);
    requireWaited(event);
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

  /** Checks that the wait of a nacked event is over. */
  void requireWaited(Object event) {
    Long earliest = notBefore.remove(event);
    invariants.require(
        earliest == null || runtime.nanoTime() - earliest >= 0,
        "%s was delivered again before the end of its wait",
        event);
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
    countStreamAcks();
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
    Acks mine =
        acks.computeIfAbsent(
            delivery, d -> new Acks(runtime.nanoTime(), acksWon - streamAcksNotEnded()));
    mine.running++;
    return mine;
  }

  private void count(Delivery<?> delivery, Acks mine) {
    if (mine.won) {
      return;
    }
    mine.won = true;
    acksWon++;
    if (newest.get(delivery.event()) == delivery) {
      open--;
    }
  }

  /** Records that a handler is about to return. The stream then acks, unless it is closed. */
  void handled(Delivery<?> delivery) {
    invariants.note("handled %s", delivery.event());
    beginStreamAck(delivery, false);
  }

  /**
   * Records that the stream is about to ack a delivery that its handler did not handle. {@link
   * #reportedAck} or {@link #lateAck} follows.
   */
  void streamAcks(Delivery<?> delivery) {
    invariants.note("the stream acks %s", delivery.event());
    beginStreamAck(delivery, true);
  }

  private void beginStreamAck(Delivery<?> delivery, boolean reported) {
    Acks mine = begin(delivery);
    mine.laterAttemptAcked = unseenAttempts.containsKey(delivery.event());
    streamAcks
        .computeIfAbsent(Thread.currentThread(), thread -> new ArrayList<>())
        .add(new StreamAck(delivery, reported));
  }

  /** Counts the acks that the stream has made, as the deliveries show. */
  private void countStreamAcks() {
    for (List<StreamAck> ofThread : streamAcks.values()) {
      for (StreamAck ack : ofThread) {
        Acks mine = acks.get(ack.delivery);
        if (!ack.counted && !ack.reported && ack.delivery.isSettled() && mine.nacksRunning == 0) {
          countStreamAck(ack, mine);
        }
      }
    }
  }

  /** Returns how many acks are counted that the stream may remember later than the next one. */
  private int streamAcksNotEnded() {
    return (int)
        streamAcks.values().stream().flatMap(List::stream).filter(ack -> ack.counted).count();
  }

  private void countStreamAck(StreamAck ack, Acks mine) {
    ack.counted = true;
    acksRunning--;
    if (ack.reported || !mine.nacked) {
      count(ack.delivery, mine);
    }
  }

  /** Records that the stream has reported what it does once it has acked the delivery. */
  void reportedAck(Delivery<?> delivery) {
    List<StreamAck> mine = streamAcks.getOrDefault(Thread.currentThread(), List.of());
    for (StreamAck ack : List.copyOf(mine)) {
      if (ack.delivery == delivery) {
        countStreamAck(ack, acks.get(delivery));
        end(ack);
        mine.remove(ack);
      }
    }
  }

  private void end(StreamAck ack) {
    Acks mine = acks.get(ack.delivery);
    mine.running--;
    ackRecord.end(ack.delivery.event(), mine.won);
  }

  /** Records that the acks after the previous handler on this thread have ended. */
  void previousAckEnded() {
    acksEnded(Thread.currentThread());
  }

  /** Records that the acks after the previous handler on a thread have ended. */
  void acksEnded(Thread thread) {
    countStreamAcks();
    List<StreamAck> ended = streamAcks.remove(thread);
    if (ended != null) {
      for (StreamAck ack : ended) {
        boolean nacks = acks.get(ack.delivery).nacksRunning > 0;
        invariants.require(
            ack.counted || nacks, "the stream neither acked %s nor reported that", ack.delivery);
        if (!ack.counted) {
          acksRunning--;
        }
        end(ack);
      }
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
  void lateAck(Position position) {
    lateAcksReported++;
    List<StreamAck> mine = streamAcks.getOrDefault(Thread.currentThread(), List.of());
    for (StreamAck late : mine) {
      Acks its = acks.get(late.delivery);
      boolean mayBeLate =
          late.reported || !late.delivery.isSettled() || its.nacked || its.nacksRunning > 0;
      if (!late.counted && mayBeLate && late.delivery.position().equals(position)) {
        invariants.note("acked %s too late", late.delivery.event());
        mine.remove(late);
        its.lost++;
        acksRunning--;
        end(late);
        return;
      }
    }
  }

  /** Checks that exactly the late acks were reported. Called after the stream has closed. */
  void requireLateAcksReported() {
    countStreamAcks();
    int late =
        acks.values().stream()
            .filter(one -> !one.won || one.laterAttemptAcked)
            .mapToInt(one -> one.lost)
            .sum();
    invariants.require(
        late <= lateAcksReported && lateAcksReported <= late + handlersTooLate,
        "%s late acks were reported, but %s were made",
        lateAcksReported,
        late);
  }

  /** Records that a handler is about to throw an interrupt, so its event is delivered again. */
  void interruptedHandler(Delivery<?> delivery) {
    nackBegun.merge(delivery.event(), 1, Integer::sum);
  }

  /** Records that the stream nacks a delivery, unless it is settled. */
  void streamNacks(Delivery<?> delivery, Duration wait) {
    invariants.note("the stream nacks %s for %s", delivery, wait);
    nackBegun.merge(delivery.event(), 1, Integer::sum);
    notBefore.put(delivery.event(), runtime.nanoTime() + wait.toNanos());
  }

  /** Records that the stream may nack an event without an attempt that this class sees. */
  void mayBeNackedUnseen(Object event) {
    mayBeNackedUnseen.add(event);
  }

  /** Records that the next attempt at an event is not for a handler. */
  void attemptIsUnseen(Object event) {
    unseenAttempts.merge(event, 1, Integer::sum);
  }

  /** Forgets when a nacked event may come again, because it is not known who has nacked it. */
  void waitIsUnknown(Object event) {
    notBefore.remove(event);
  }

  /** Nacks without a wait, so that the stream chooses one that grows with the attempts. */
  boolean nack(Delivery<?> delivery) {
    return nack(delivery, plainWait(delivery.attempt()), delivery::nack);
  }

  /** Returns how long the stream waits after a nack without a wait. */
  static Duration plainWait(int attempt) {
    return Duration.ofMillis(
        attempt == 1 ? 0 : (long) Math.min(1_000, 10 * Math.pow(2, attempt - 2)));
  }

  boolean nack(Delivery<?> delivery, Duration wait) {
    return nack(delivery, wait, () -> delivery.nack(wait));
  }

  private boolean nack(Delivery<?> delivery, Duration wait, BooleanSupplier nack) {
    Object event = delivery.event();
    boolean wasClosed = closed;
    invariants.note("nacking %s for %s", delivery, wait);
    nackBegun.merge(event, 1, Integer::sum);
    long earliest = runtime.nanoTime() + wait.toNanos();
    Acks mine = acks.computeIfAbsent(delivery, d -> new Acks(runtime.nanoTime(), acksWon));
    mine.nacksRunning++;
    boolean won = nack.getAsBoolean();
    mine.nacksRunning--;
    invariants.note("nack of %s for %s: %s", event, wait, won);
    if (won) {
      mine.nacked = true;
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
    } else {
      nackBegun.computeIfPresent(event, (same, begun) -> begun == 1 ? null : begun - 1);
    }
    return won;
  }

  private void won(Delivery<?> delivery, boolean wasClosed) {
    invariants.require(!wasClosed, "%s was settled after the stream was closed", delivery);
    invariants.require(
        settled.merge(delivery, 1, Integer::sum) == 1, "%s was settled twice", delivery);
  }
}
