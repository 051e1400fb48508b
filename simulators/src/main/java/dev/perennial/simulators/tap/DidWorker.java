package dev.perennial.simulators.tap;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Orders the events of one DID: a live event waits until nothing of the DID is in flight, is sent
 * alone, and nothing follows until it is acked; other events go concurrently.
 */
final class DidWorker implements Outbox.Sender {

  private final Outbox outbox;
  private final ArrayDeque<OutboxRow> pending = new ArrayDeque<>();

  /**
   * When each event was put in flight. The time is that of the enqueueing, and sending it again
   * does not renew it.
   */
  private final Map<OutboxRow, Long> inFlight = new LinkedHashMap<>();

  private boolean blockedOnLive;
  private boolean running;
  private boolean sending;

  DidWorker(Outbox outbox) {
    this.outbox = outbox;
  }

  /**
   * Adds an event.
   *
   * @return false if the caller is now blocked, because it sends the event itself if nothing is in
   *     flight
   */
  boolean add(OutboxRow row, Outbox.Sender caller, long now) {
    if (inFlight.isEmpty() && !blockedOnLive && pending.isEmpty()) {
      inFlight.put(row, now);
      blockedOnLive = row.live();
      return outbox.send(row, caller);
    }
    pending.add(row);
    running = true;
    run(now);
    return true;
  }

  void ack(OutboxRow row, long now) {
    inFlight.remove(row);
    run(now);
  }

  @Override
  public void resume(long now) {
    sending = false;
    run(now);
  }

  /** What has been in flight for longer than a timeout. */
  List<OutboxRow> timedOut(long now, long timeout) {
    List<OutboxRow> rows = new ArrayList<>();
    inFlight.forEach((row, since) -> {
      if (now - since > timeout) {
        rows.add(row);
      }
    });
    return rows;
  }

  private void run(long now) {
    while (running && !sending) {
      sendPending(now);
      if (sending) {
        return;
      }
      if (inFlight.isEmpty()) {
        blockedOnLive = false;
      }
      running = !pending.isEmpty() || !inFlight.isEmpty();
      if (pending.isEmpty() || blockedOnLive) {
        return;
      }
    }
  }

  private void sendPending(long now) {
    while (!blockedOnLive && !pending.isEmpty()) {
      OutboxRow row = pending.element();
      if (row.deleted()) {
        pending.remove();
        continue;
      }
      if (row.live()) {
        blockedOnLive = true;
        if (!inFlight.isEmpty()) {
          return;
        }
      }
      pending.remove();
      inFlight.put(row, now);
      if (!outbox.send(row, this)) {
        sending = true;
        return;
      }
    }
  }
}
