package dev.perennial.source.tap.internal.connection;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A resender of acks that may have been lost with a connection; one serves all connections of a
 * source, one after the other. Safe for use from any thread.
 *
 * <p>Tap accepts an ack on any connection, and a repo stays silent until the ack of its last event
 * has arrived. So an ack that was lost with its connection must be sent on the next one, unless Tap
 * was restarted in between. A restarted Tap may not have sent the event yet, or may use the id for
 * another event: the ack then makes it forget the event, or hold back the repo until it is
 * restarted again. The two can be distinguished, because a restarted Tap sends its whole outbox as
 * soon as a client connects, from the lowest id on:
 *
 * <ul>
 *   <li>An id arrives that was received on an earlier connection: Tap was restarted. No ack from
 *       earlier connections is sent; Tap sends those events again, and the copies are acked.
 *   <li>The connection is older than {@link #RESTART_GRACE}, and nothing arrives for {@link
 *       #SILENCE} after that: Tap was not restarted. The held acks are sent, and later acks go out
 *       at once.
 *   <li>The connection ends before either: nothing is known, so no ack from before it is ever sent.
 * </ul>
 */
public final class AckResender {

  /** The time in which a restarted Tap sends its first event. On an idle machine it needs 20 ms. */
  static final Duration RESTART_GRACE = Duration.ofSeconds(2);

  /**
   * The time without an event after the grace period. In it, everything that waits in the socket is
   * read.
   */
  static final Duration SILENCE = Duration.ofMillis(250);

  /**
   * The most acks held, about 200 bytes each. If an ack beyond it is dropped, Tap sends the event
   * again.
   */
  private static final int CAPACITY = 65_536;

  /** The most acks that wait in the channel before more are given to it. */
  private static final int MAX_QUEUED = 1_024;

  /** The longest wait of a receive while acks are left to send. */
  private static final Duration SEND_INTERVAL = Duration.ofMillis(10);

  /**
   * An ack that is held.
   *
   * @param written whether a connection has written it, so that Tap may have received it
   */
  private record HeldAck(Ack ack, boolean written) {}

  private final LongSupplier nanoTime;

  /** The held acks by id, the oldest first. */
  private final Map<Long, HeldAck> held = new LinkedHashMap<>();

  /** The ids received on earlier connections, since Tap was last known to have restarted. */
  private ReceivedIds receivedBefore = new ReceivedIds();

  /** The ids received on the newest connection. */
  private ReceivedIds receivedNow = new ReceivedIds();

  private @Nullable AckSender open;
  private long newestConnection;

  /** The first connection whose acks may be sent on the newest one. */
  private long firstSendable;

  /** The value of {@link #firstSendable} if it turns out that Tap was not restarted. */
  private long firstSendableUnlessRestarted;

  /** Whether it is still unknown if Tap was restarted before the open connection. */
  private boolean restartUnknown;

  /** Whether acks are left to send. */
  private boolean moreToSend;

  private long graceEnd;
  private boolean silent;

  /** The time at which a receive found nothing after the grace period; valid if {@link #silent}. */
  private long silentSince;

  /**
   * Creates the resender of a source.
   *
   * @param nanoTime a clock, in nanoseconds
   */
  public AckResender(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Begins a connection, and returns its number.
   *
   * @param connection the sender of its acks
   */
  public synchronized long opened(AckSender connection) {
    newestConnection++;
    restartUnknown = newestConnection > 1;
    firstSendableUnlessRestarted = firstSendable;
    firstSendable = newestConnection;
    open = connection;
    receivedBefore.addAll(receivedNow);
    receivedNow = new ReceivedIds();
    silent = false;
    graceEnd = nanoTime.getAsLong() + RESTART_GRACE.toNanos();
    return newestConnection;
  }

  /** Sends or holds an ack of an event that came on another connection than the open one. */
  public synchronized void acknowledge(Ack ack) {
    AckSender connection = open;
    if (connection == null) {
      hold(new HeldAck(ack, false));
    } else if (ack.connection() >= firstSendable) {
      connection.send(ack.connection(), ack.id());
    } else if (!receivedNow.contains(ack.id())) {
      hold(new HeldAck(ack, false));
    }
  }

  private void hold(HeldAck added) {
    held.merge(
        added.ack.id(),
        added,
        (old, other) -> other.ack.connection() >= old.ack.connection() ? other : old);
    if (held.size() > CAPACITY) {
      held.remove(held.keySet().iterator().next());
    }
  }

  /**
   * Begins a receive, and returns the longest time that it may wait, so that the next task of this
   * class is not late. Reads without the lock what connecting, receiving and closing write, which
   * never overlap.
   */
  public Duration beginReceive(Duration timeout) {
    if (!restartUnknown) {
      return moreToSend ? shorter(timeout, SEND_INTERVAL) : timeout;
    }
    long left = (silent ? silentSince + SILENCE.toNanos() : graceEnd) - nanoTime.getAsLong();
    return shorter(timeout, left > 0 ? Duration.ofNanos(left) : SILENCE);
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }

  /** Ends a receive that returned the event with an id. */
  public synchronized void received(long id) {
    if (!held.isEmpty()) {
      // Either a copy, which the application acks, or another event, which must not be acked yet.
      held.remove(id);
    }
    if (restartUnknown && receivedBefore.contains(id)) {
      restartUnknown = false;
      receivedBefore = new ReceivedIds();
      dropUnsendable();
    }
    receivedNow.add(id);
    received();
  }

  /** Ends a receive that returned an event without an id. */
  public synchronized void received() {
    silent = false;
    if (moreToSend) {
      send(MAX_QUEUED);
    }
  }

  /** Ends a receive that returned nothing. */
  public synchronized void receivedNothing() {
    if (restartUnknown) {
      checkSilence(nanoTime.getAsLong());
    } else if (moreToSend) {
      send(MAX_QUEUED);
    }
  }

  private void checkSilence(long now) {
    if (now - graceEnd < 0) {
      return;
    }
    if (!silent) {
      silent = true;
      // The silence does not count from the beginning of the receive: if the machine slept, copies
      // may wait in the socket that no thread has had the time to read.
      silentSince = now;
    }
    if (now - silentSince >= SILENCE.toNanos()) {
      restartUnknown = false;
      firstSendable = firstSendableUnlessRestarted;
      send(MAX_QUEUED);
    }
  }

  /** Sends all acks that are left to send. Called before a connection is closed in order. */
  public synchronized void sendRest(AckSender connection) {
    if (moreToSend && connection.equals(open)) {
      send(Integer.MAX_VALUE);
    }
  }

  /**
   * Sends the held acks that may be sent.
   *
   * @param limit the most acks that may wait in the channel afterwards
   */
  private void send(int limit) {
    AckSender connection = Objects.requireNonNull(open);
    int room = limit - connection.unwritten();
    moreToSend = false;
    Iterator<HeldAck> acks = held.values().iterator();
    while (acks.hasNext() && !moreToSend) {
      Ack ack = acks.next().ack;
      if (ack.connection() >= firstSendable) {
        moreToSend = room <= 0;
        if (!moreToSend) {
          room--;
          acks.remove();
          connection.send(ack.connection(), ack.id());
        }
      }
    }
  }

  /** Ends a connection. The acks that it sent and Tap has not confirmed are held from now on. */
  public synchronized void ended(AckSender connection) {
    // Read under the lock under which acks are sent, so that none is sent in between.
    int unwritten = connection.unwritten();
    List<Ack> unconfirmed = connection.unconfirmed();
    int written = unconfirmed.size() - unwritten;
    for (int i = 0; i < unconfirmed.size(); i++) {
      hold(new HeldAck(unconfirmed.get(i), i < written));
    }
    if (connection.equals(open)) {
      open = null;
      restartUnknown = false;
      moreToSend = false;
      dropUnsendable();
    }
  }

  /**
   * Drops the acks that are never sent and that Tap may have received. Those that Tap cannot have
   * received stay until their copies come, because {@link #unsent} counts them.
   */
  private void dropUnsendable() {
    held.values().removeIf(each -> each.written && each.ack.connection() < firstSendable);
  }

  /** Returns how many acks no connection has written. */
  public synchronized int unsent() {
    AckSender connection = open;
    int unwritten = connection == null ? 0 : connection.unwritten();
    return unwritten + (int) held.values().stream().filter(each -> !each.written).count();
  }
}
