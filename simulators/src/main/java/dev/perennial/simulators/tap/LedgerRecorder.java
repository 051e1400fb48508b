package dev.perennial.simulators.tap;

import java.util.ArrayList;
import java.util.List;

/** Records what the {@link Ledger} holds. Used on the simulator's thread only. */
final class LedgerRecorder {

  private final boolean keepsEntries;
  private final List<EventRecord> records = new ArrayList<>();
  private long emitted;
  private long frames;
  private long acked;

  /**
   * @param keepsEntries false to count only, for millions of events
   */
  LedgerRecorder(boolean keepsEntries) {
    this.keepsEntries = keepsEntries;
  }

  /** Adds a new event. */
  EventRecord add(long id, TapEventSpec event) {
    emitted++;
    EventRecord record = new EventRecord(id, keepsEntries ? event.key() : "");
    if (keepsEntries) {
      records.add(record);
    }
    return record;
  }

  long emitted() {
    return emitted;
  }

  /** How many times events were written to a connection. */
  long frames() {
    return frames;
  }

  /** How many events were acked, each counted once. */
  long acked() {
    return acked;
  }

  Ledger read() {
    if (!keepsEntries) {
      throw new IllegalStateException(
          "This simulator was built to keep no ledger: it counts only.");
    }
    return new Ledger(records.stream().map(EventRecord::read).toList());
  }

  /** The record of one event. */
  final class EventRecord {

    private final long id;
    private final String key;
    private int written;
    private boolean wasAcked;
    private boolean ackedTooEarly;

    private EventRecord(long id, String key) {
      this.id = id;
      this.key = key;
    }

    void noteWritten() {
      written++;
      frames++;
    }

    /** Notes an ack; of several, the first counts. */
    void noteAcked() {
      if (!wasAcked) {
        wasAcked = true;
        ackedTooEarly = written == 0;
        acked++;
      }
    }

    private Ledger.Entry read() {
      return new Ledger.Entry(id, key, written, wasAcked, ackedTooEarly);
    }
  }
}
