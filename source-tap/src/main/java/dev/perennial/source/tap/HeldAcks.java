package dev.perennial.source.tap;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The acks that Tap may not have got, carried from each connection of a source to the next. Safe
 * for use from any thread.
 *
 * <p>Tap takes an ack on any connection, and a repo stays silent until the ack of its last event
 * has arrived. So an ack that was lost with its connection must be sent on the next one, unless Tap
 * was restarted in between. A restarted Tap may not have sent the event yet, or may use the id for
 * another event: the ack then makes it forget the event, or hold back the repo until it is
 * restarted again. The two can be told apart, because a restarted Tap begins with its whole outbox
 * as soon as a client connects, from the lowest id on:
 *
 * <ul>
 *   <li>An id arrives that was received on an earlier connection: Tap was restarted. No ack from
 *       earlier connections is sent; the copies come, and are acked for themselves.
 *   <li>The connection is older than {@link #SETTLING}, and nothing waits to be received after
 *       that: Tap was not restarted. What is held is sent, and later acks go out at once.
 *   <li>The connection ends before either: nothing is known, so no ack from before it is ever sent.
 * </ul>
 */
final class HeldAcks {

  /** How long a restarted Tap has for its first copies. An idle machine takes 20 ms. */
  static final Duration SETTLING = Duration.ofSeconds(2);

  /** For how long nothing must arrive after that. Meanwhile what waits in the socket is read. */
  static final Duration QUIET = Duration.ofMillis(250);

  /** How many acks are held at most; each takes 200 bytes or so. Those dropped wait for copies. */
  private static final int CAPACITY = 65_536;

  /** How many acks may wait in the channel before more are given to it. */
  private static final int SLICE = 1_024;

  /** How long a receive waits while acks are left to send. */
  private static final Duration PUMPING = Duration.ofMillis(10);

  /**
   * An ack.
   *
   * @param written whether a connection has written it, so that Tap may have got it
   */
  private record Held(TapPosition position, boolean written) {}

  private final LongSupplier nanoTime;

  /** By id, the oldest first. */
  private final Map<Long, Held> held = new LinkedHashMap<>();

  /** What was received on earlier connections, since Tap was last known to have restarted. */
  private ReceivedIds earlier = new ReceivedIds();

  /** What was received on the newest connection. */
  private ReceivedIds here = new ReceivedIds();

  private @Nullable TapConnection open;
  private long newest;

  /** The first connection whose acks may be sent on the newest one. */
  private long firstTrusted;

  /** The same, should it turn out that Tap was not restarted. */
  private long firstTrustedBefore;

  /** Whether it is not known yet if Tap was restarted before the open connection. */
  private boolean undecided;

  /** Whether something is left to send. */
  private boolean sending;

  private long settledAt;
  private boolean quiet;

  /** When nothing was found on the settled connection, if nothing has been since. */
  private long quietSince;

  /**
   * @param nanoTime a clock, in nanoseconds
   */
  HeldAcks(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** The number of the connection that is opened next. */
  synchronized long nextNumber() {
    return newest + 1;
  }

  /** A connection was opened, which has the next number. */
  synchronized void opened(TapConnection connection) {
    newest++;
    undecided = newest > 1;
    firstTrustedBefore = firstTrusted;
    firstTrusted = newest;
    open = connection;
    earlier.addAll(here);
    here = new ReceivedIds();
    quiet = false;
    settledAt = nanoTime.getAsLong() + SETTLING.toNanos();
  }

  /** Sends or holds an ack of an event that came on another connection than the open one. */
  synchronized void acknowledge(TapPosition position) {
    TapConnection connection = open;
    if (connection == null) {
      hold(new Held(position, false));
    } else if (position.connection() >= firstTrusted) {
      connection.send(position);
    } else if (!here.contains(position.requireId())) {
      hold(new Held(position, false));
    }
  }

  private void hold(Held ack) {
    held.merge(
        ack.position.requireId(),
        ack,
        (old, other) -> other.position.connection() >= old.position.connection() ? other : old);
    if (held.size() > CAPACITY) {
      held.remove(held.keySet().iterator().next());
    }
  }

  /** A receive begins. Says how long it may wait, so that what is due is done in time. */
  synchronized Duration beginReceive(Duration timeout) {
    if (!undecided) {
      return sending ? shorter(timeout, PUMPING) : timeout;
    }
    long left = (quiet ? quietSince + QUIET.toNanos() : settledAt) - nanoTime.getAsLong();
    return shorter(timeout, left > 0 ? Duration.ofNanos(left) : QUIET);
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }

  /** A receive ended with an event. */
  synchronized void received(OptionalLong idIfAny) {
    quiet = false;
    idIfAny.ifPresent(this::received);
    if (sending) {
      send(SLICE);
    }
  }

  private void received(long id) {
    // It is a copy, which is acked for itself, or another event, which is not to be acked yet.
    held.remove(id);
    if (undecided && earlier.contains(id)) {
      undecided = false;
      earlier = new ReceivedIds();
      forgetUntrusted();
    }
    here.add(id);
  }

  /** A receive ended because nothing was there. */
  synchronized void receivedNothing() {
    if (undecided) {
      judgeSilence(nanoTime.getAsLong());
    } else if (sending) {
      send(SLICE);
    }
  }

  private void judgeSilence(long now) {
    if (now - settledAt < 0) {
      return;
    }
    if (!quiet) {
      quiet = true;
      // Not since the receive began: if the machine slept, copies may wait in the socket that
      // nobody has had the time to read.
      quietSince = now;
    }
    if (now - quietSince >= QUIET.toNanos()) {
      undecided = false;
      firstTrusted = firstTrustedBefore;
      send(SLICE);
    }
  }

  /** The connection is about to be closed in order: sends all that may be sent and is left. */
  synchronized void sendRest(TapConnection connection) {
    if (sending && connection.equals(open)) {
      send(Integer.MAX_VALUE);
    }
  }

  /**
   * Sends what may be sent.
   *
   * @param limit how many acks may wait in the channel then
   */
  private void send(int limit) {
    TapConnection connection = Objects.requireNonNull(open);
    int room = limit - connection.unwritten();
    sending = false;
    Iterator<Held> acks = held.values().iterator();
    while (acks.hasNext() && !sending) {
      TapPosition position = acks.next().position;
      if (position.connection() >= firstTrusted) {
        sending = room <= 0;
        if (!sending) {
          room--;
          acks.remove();
          connection.send(position);
        }
      }
    }
  }

  /** A connection was closed. What it was given and Tap has not confirmed is held from now on. */
  synchronized void ended(TapConnection connection) {
    // Asked for under the lock, as acks are sent: none can come between.
    int unwritten = connection.unwritten();
    List<TapPosition> unconfirmed = connection.unconfirmed();
    int written = unconfirmed.size() - unwritten;
    for (int i = 0; i < unconfirmed.size(); i++) {
      hold(new Held(unconfirmed.get(i), i < written));
    }
    if (connection.equals(open)) {
      open = null;
      undecided = false;
      sending = false;
      forgetUntrusted();
    }
  }

  /**
   * Forgets the acks that are never sent and that Tap may have got. Those that it cannot have got
   * stay until their copies come, to be counted.
   */
  private void forgetUntrusted() {
    held.values().removeIf(ack -> ack.written && ack.position.connection() < firstTrusted);
  }

  /** How many acks no connection has written. */
  synchronized int unsent() {
    TapConnection connection = open;
    int unwritten = connection == null ? 0 : connection.unwritten();
    return unwritten + (int) held.values().stream().filter(ack -> !ack.written).count();
  }
}
