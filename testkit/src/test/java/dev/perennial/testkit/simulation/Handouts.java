package dev.perennial.testkit.simulation;

import dev.perennial.Delivery;
import dev.perennial.port.Position;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one process received and was handed, and what it settled: checked as it happens against what
 * must always hold of deliveries. Touched only by actors, one at a time.
 */
final class Handouts {

  /** When an event was acked, and how many had been before it. */
  private record Done(long at, int acksBefore) {}

  private final StreamRuntime runtime;
  private final Referee referee;
  private final Ledger ledger;
  private final int window;
  private final int memory;
  private final Duration horizon;

  /** Each event that the connections gave, in order. */
  private final List<Object> received = new ArrayList<>();

  /** How many of {@link #received} have been handed out or dropped. */
  private int passed;

  private final Map<Object, Integer> attempts = new HashMap<>();
  private final Map<Object, Done> done = new HashMap<>();
  private int acks;
  private int acksInProgress;

  /** What may come again: an attempt to nack it was begun. */
  private final Set<Object> nackBegun = new HashSet<>();

  /** What has to come again. */
  private final Set<Object> nacked = new HashSet<>();

  private final Map<Delivery<?>, Integer> settled = new IdentityHashMap<>();
  private final List<Object> order = new ArrayList<>();
  private @Nullable Object inHandler;
  private boolean wasAckedBefore;
  private final Map<Position, Position> redelivered = new HashMap<>();
  private boolean closed;

  Handouts(
      StreamRuntime runtime,
      Referee referee,
      Ledger ledger,
      int window,
      int memory,
      Duration horizon) {
    this.runtime = runtime;
    this.referee = referee;
    this.ledger = ledger;
    this.window = window;
    this.memory = memory;
    this.horizon = horizon;
  }

  void received(Object event) {
    referee.note("received %s", event);
    received.add(event);
  }

  /** Notes that a copy of an event was dropped, whose position is the one to ack from now on. */
  void redelivered(Position position) {
    redelivered.remove(position);
    redelivered.put(position, position);
  }

  boolean wasReceived(Object event) {
    return received.contains(event);
  }

  boolean isHandedOut(Object event) {
    return attempts.containsKey(event);
  }

  boolean isUnacked(Object event) {
    return attempts.containsKey(event) && !done.containsKey(event);
  }

  /** How many of what was handed out is not acked. */
  int unacked() {
    return attempts.size() - done.size();
  }

  /** How many events at the most were received and not handed out: the newest may be copies. */
  int heldBack() {
    return received.size() - passed;
  }

  int handedOut() {
    return attempts.size();
  }

  void closed() {
    closed = true;
  }

  boolean isClosed() {
    return closed;
  }

  /** The nacked events that must come before anything new, if a pull begins now. */
  Set<Object> mustComeFirst() {
    return new HashSet<>(nacked);
  }

  /**
   * Checks a delivery that a pull gave.
   *
   * @param first what was nacked when the pull began, without what the pull has given of it
   */
  void handedOut(Delivery<?> delivery, Set<Object> first) {
    Object event = delivery.event();
    referee.note("handed out %s", delivery);
    referee.count(delivery.attempt() == 1 ? "new" : "nacked again");
    if (delivery.attempt() == 1) {
      referee.require(first.isEmpty(), "%s was handed out before the nacked %s", event, first);
      redelivered.remove(delivery.position());
      handedOutFirst(event);
    } else {
      handedOutAgain(delivery, first);
    }
    attempts.put(event, delivery.attempt());
    int open = unacked() - acksInProgress;
    referee.require(open <= window, "%s events are unacked in a window of %s", open, window);
  }

  private void handedOutAgain(Delivery<?> delivery, Set<Object> first) {
    Object event = delivery.event();
    referee.require(nackBegun.remove(event), "%s came again without a nack: %s", event, delivery);
    referee.require(
        delivery.attempt() == attempts.get(event) + 1,
        "%s came as attempt %s after attempt %s",
        event,
        delivery.attempt(),
        attempts.get(event));
    nacked.remove(event);
    first.remove(event);
    for (Object other : first) {
      referee.require(
          order.lastIndexOf(event) < order.lastIndexOf(other),
          "the nacked %s came before %s, which was delivered before it",
          event,
          other);
    }
  }

  private void handedOutFirst(Object event) {
    boolean found = false;
    while (!found) {
      referee.require(
          passed < received.size(),
          "%s was handed out twice, or without having been received",
          event);
      Object next = received.get(passed++);
      found = next.equals(event) && (!attempts.containsKey(event) || mayBeForgotten(event));
      if (!found) {
        referee.count("redelivery dropped");
      }
      referee.require(
          found || attempts.containsKey(next),
          "%s was received, and %s handed out instead of it",
          next,
          event);
    }
    done.remove(event);
    order.add(event);
  }

  /** Whether a copy of the event may be taken for new. */
  boolean mayBeForgotten(Object event) {
    Done when = done.get(event);
    return when != null
        && (acks + acksInProgress - when.acksBefore >= memory
            || runtime.nanoTime() - when.at >= horizon.toNanos());
  }

  boolean ack(Delivery<?> delivery) {
    Object event = delivery.event();
    boolean before = ledger.isAcked(event);
    boolean wasClosed = closed;
    Position newest = redelivered.get(delivery.position());
    boolean current = newest == null || newest == delivery.position();
    ledger.acking(event);
    acksInProgress++;
    boolean won = delivery.ack();
    acksInProgress--;
    referee.note("ack of %s: %s", event, won);
    if (won) {
      won(delivery, wasClosed);
      referee.require(
          current,
          "%s was acked at an older position than that of the copy at %s",
          delivery,
          newest);
      done.put(event, new Done(runtime.nanoTime(), acks++));
    } else if (!before && !done.containsKey(event)) {
      ledger.takeBack(event);
    }
    return won;
  }

  /** Notes that a handler is about to return, after which the stream acks unless it is closed. */
  void handled(Delivery<?> delivery) {
    Object event = delivery.event();
    referee.note("handled %s", event);
    ledger.acking(event);
    done.put(event, new Done(runtime.nanoTime(), acks++));
  }

  /** Notes that a handler begins. */
  void handling(Delivery<?> delivery) {
    inHandler = delivery.event();
    wasAckedBefore = ledger.isAcked(inHandler);
  }

  /**
   * The ack that followed a handler's return was late. Acks of others are told of by what they
   * return.
   */
  void lateAck() {
    Object event = inHandler;
    if (event != null) {
      referee.note("handled %s in vain", event);
      done.remove(event);
      if (!wasAckedBefore) {
        ledger.takeBack(event);
      }
    }
  }

  /**
   * Notes that a handler is about to throw an interrupt, after which the stream hands the event out
   * again.
   */
  void nackedByHandler(Delivery<?> delivery) {
    nackBegun.add(delivery.event());
  }

  boolean nack(Delivery<?> delivery) {
    Object event = delivery.event();
    boolean wasClosed = closed;
    boolean begunBefore = !nackBegun.add(event);
    boolean won = delivery.nack();
    referee.note("nack of %s: %s", event, won);
    if (won) {
      won(delivery, wasClosed);
      if (nackBegun.contains(event)) {
        nacked.add(event);
      }
    } else if (!begunBefore) {
      nackBegun.remove(event);
    }
    return won;
  }

  private void won(Delivery<?> delivery, boolean wasClosed) {
    referee.require(!wasClosed, "%s was settled after the stream was closed", delivery);
    referee.require(
        settled.merge(delivery, 1, Integer::sum) == 1, "%s was settled twice", delivery);
  }
}
