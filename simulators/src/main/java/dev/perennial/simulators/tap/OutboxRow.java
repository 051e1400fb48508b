package dev.perennial.simulators.tap;

import org.jspecify.annotations.Nullable;

/** An event in the server's database. Used on the simulator's thread only. */
final class OutboxRow {

  private final long id;
  private final String did;
  private final boolean live;
  private final byte[] data;
  private final LedgerRecorder.EventRecord record;
  private @Nullable DidWorker worker;
  private boolean deleted;

  OutboxRow(long id, TapEventSpec event, LedgerRecorder.EventRecord record) {
    this.id = id;
    this.did = event.did();
    this.live = event.live();
    this.data = event.encode(id);
    this.record = record;
  }

  /** An unsigned number. */
  long id() {
    return id;
  }

  String did() {
    return did;
  }

  /** Whether the event is a barrier for its DID. */
  boolean live() {
    return live;
  }

  /** The message as it goes over the wire. */
  byte[] data() {
    return data;
  }

  /** The event's record in the ledger, which outlives the row. */
  LedgerRecorder.EventRecord record() {
    return record;
  }

  /** The worker that orders the event in this run; null before delivery. */
  @Nullable DidWorker worker() {
    return worker;
  }

  void setWorker(@Nullable DidWorker worker) {
    this.worker = worker;
  }

  boolean deleted() {
    return deleted;
  }

  void delete() {
    deleted = true;
  }
}
