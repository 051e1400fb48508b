package dev.perennial.simulators.tap;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** An outbox in virtual time, of a server that can be restarted. Times are in milliseconds. */
final class OutboxFixture {

  static final String A = "did:plc:a";
  static final String B = "did:plc:b";

  private final OutboxTable table = new OutboxTable();
  private final LedgerRecorder ledger = new LedgerRecorder(true);
  private final Duration retryTimeout;
  private final int channelCapacity;
  private Outbox outbox;
  private long counter;
  private long now;

  OutboxFixture(Duration retryTimeout) {
    this(retryTimeout, Outbox.CHANNEL_CAPACITY);
  }

  OutboxFixture(Duration retryTimeout, int channelCapacity) {
    this.retryTimeout = retryTimeout;
    this.channelCapacity = channelCapacity;
    outbox = new Outbox(table, retryTimeout, channelCapacity, now);
  }

  /** Ends the server and starts another on the same table. */
  void restart() {
    counter = table.firstCounter();
    outbox = new Outbox(table, retryTimeout, channelCapacity, now * 1_000_000);
  }

  long historical(String did) {
    return emit(did, false);
  }

  long live(String did) {
    return emit(did, true);
  }

  long emit(String did, boolean live) {
    return emit(new TapEventSpec.RawText(did, live, "{\"id\":$id}"));
  }

  long emit(TapEventSpec event) {
    long id = ++counter;
    insert(id, event);
    outbox.add(table.get(id), nanos());
    return id;
  }

  /** Puts a row into the table that a server finds when it starts. */
  void insert(long id, TapEventSpec event) {
    table.insert(new OutboxRow(id, event, ledger.add(id, event)));
  }

  void at(long millis) {
    now = millis;
  }

  /** The next event to write, or 0. */
  long poll() {
    OutboxRow row = outbox.poll(nanos());
    if (row == null) {
      return 0;
    }
    row.record().noteWritten();
    return row.id();
  }

  /** All that can be written now. */
  List<Long> pollAll() {
    List<Long> ids = new ArrayList<>();
    for (long id = poll(); id != 0; id = poll()) {
      ids.add(id);
    }
    return ids;
  }

  void ack(long... ids) {
    for (long id : ids) {
      outbox.ack(id, nanos());
    }
  }

  void retryTick() {
    outbox.retryTick(nanos());
  }

  void deleteTick() {
    outbox.deleteTick();
  }

  int stored() {
    return table.size();
  }

  int waiting() {
    return outbox.waiting();
  }

  Ledger ledger() {
    return ledger.read();
  }

  private long nanos() {
    return now * 1_000_000;
  }
}
