package dev.perennial.simulators.tap;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The server's outbox during one run: decides when events are sent, sent again and deleted. Used by
 * one thread, at the time that is passed in (in nanoseconds, of any origin); it has no clock,
 * thread or sockets of its own.
 *
 * <p>The real server's goroutines are modelled as parts that block one by one, because clients can
 * see which of them waits for room in the channel of events: the delivery loop, each DID's worker
 * or the retries.
 */
final class Outbox {

  /** How many events may wait to be written, for the default parallelism of 1. */
  static final int CHANNEL_CAPACITY = 10_000;

  /** How many acks make a batch of deletes. */
  static final int DELETE_BATCH = 1_000;

  private final OutboxTable table;
  private final long retryTimeout;
  private final int channelCapacity;

  private final Map<String, DidWorker> workers = new LinkedHashMap<>();
  private final ArrayDeque<OutboxRow> undelivered = new ArrayDeque<>();
  private final ArrayDeque<OutboxRow> channel = new ArrayDeque<>();
  private final ArrayDeque<BlockedSend> blocked = new ArrayDeque<>();
  private final Sender delivery = this::resumeDelivery;
  private final Retries retries = new Retries();
  private final long[] deletes = new long[DELETE_BATCH];
  private int deletesPending;
  private boolean deliveryBlocked;

  /** Starts on a table: everything in it is to be delivered, in the order of the ids. */
  Outbox(OutboxTable table, Duration retryTimeout, int channelCapacity, long now) {
    this.table = table;
    this.retryTimeout = retryTimeout.toNanos();
    this.channelCapacity = channelCapacity;
    for (OutboxRow row : table.byId()) {
      row.setWorker(null);
      undelivered.add(row);
    }
    deliver(now);
  }

  /** Adds an event that is already in the table. */
  void add(OutboxRow row, long now) {
    undelivered.add(row);
    deliver(now);
  }

  /**
   * The next event to write to a client, if there is one. It counts as sent, even if the write
   * fails.
   */
  @Nullable OutboxRow poll(long now) {
    OutboxRow row = channel.poll();
    BlockedSend next = blocked.poll();
    if (next != null) {
      channel.add(next.row);
      next.sender.resume(now);
    }
    return row;
  }

  /** How many events could be polled now. */
  int waiting() {
    return channel.size() + blocked.size();
  }

  /** How many events wait to be polled or to be considered for sending. */
  int backlog() {
    return waiting() + undelivered.size();
  }

  /**
   * Handles an ack of any id: also an event that is not in flight is deleted, before or after it
   * was sent. If it is deleted between being sent and its real ack, that ack no longer clears the
   * worker, and the DID stays blocked.
   */
  void ack(long id, long now) {
    OutboxRow row = table.get(id);
    if (row != null) {
      row.record().noteAcked();
      DidWorker worker = row.worker();
      if (worker != null) {
        worker.ack(row, now);
      }
    }
    deletes[deletesPending++] = id;
    if (deletesPending == DELETE_BATCH) {
      deleteTick();
    }
  }

  /** Called once every retry timeout: sends again the events in flight for longer than that. */
  void retryTick(long now) {
    retries.tick(now);
  }

  /** Called every ten seconds: deletes the acked events. */
  void deleteTick() {
    for (int i = 0; i < deletesPending; i++) {
      table.delete(deletes[i]);
    }
    deletesPending = 0;
  }

  /**
   * Puts an event into the channel to be written.
   *
   * @return false if there is no room, in which case the sender is blocked and will be resumed
   */
  boolean send(OutboxRow row, Sender sender) {
    if (channel.size() < channelCapacity) {
      channel.add(row);
      return true;
    }
    blocked.add(new BlockedSend(row, sender));
    return false;
  }

  private void deliver(long now) {
    while (!deliveryBlocked && !undelivered.isEmpty()) {
      OutboxRow row = undelivered.remove();
      if (!row.deleted()) {
        DidWorker worker = workers.computeIfAbsent(row.did(), did -> new DidWorker(this));
        row.setWorker(worker);
        deliveryBlocked = !worker.add(row, delivery, now);
      }
    }
  }

  private void resumeDelivery(long now) {
    deliveryBlocked = false;
    deliver(now);
  }

  /** One of the server's goroutines, at the point where it waits for room in the channel. */
  interface Sender {
    /** Continues, because the event has found room. */
    void resume(long now);
  }

  private record BlockedSend(OutboxRow row, Sender sender) {}

  /**
   * The retry ticker: while a pass over the workers is blocked, one tick is kept and the others are
   * lost.
   */
  private final class Retries implements Sender {

    private Iterator<DidWorker> remainingWorkers = Collections.emptyIterator();
    private Iterator<OutboxRow> remainingRows = Collections.emptyIterator();
    private boolean running;
    private boolean tickKept;

    void tick(long now) {
      if (running) {
        tickKept = true;
        return;
      }
      running = true;
      remainingWorkers = List.copyOf(workers.values()).iterator();
      resume(now);
    }

    @Override
    public void resume(long now) {
      do {
        while (remainingRows.hasNext()) {
          OutboxRow row = remainingRows.next();
          if (!row.deleted() && !send(row, this)) {
            return;
          }
        }
        remainingRows =
            remainingWorkers.hasNext()
                ? remainingWorkers.next().timedOut(now, retryTimeout).iterator()
                : Collections.emptyIterator();
      } while (remainingRows.hasNext() || remainingWorkers.hasNext());
      running = false;
      if (tickKept) {
        tickKept = false;
        tick(now);
      }
    }
  }
}
