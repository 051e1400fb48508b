package dev.perennial.simulators.tap;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;

/** What outlives the server's restarts: its disk, its faults to come, and the notes on it. */
final class Machine {

  private final Settings settings;
  private final OutboxTable table = new OutboxTable();
  private final Repositories repositories = new Repositories();
  private final Observations observations = new Observations();
  private final Deque<HandshakeFault> handshakeFaults = new ArrayDeque<>();
  private final LedgerBook ledger;
  private Iterator<TapEventSpec> bulk = Collections.emptyIterator();
  private int fragmentSize;
  private long revision =
      1_750_000_000_000_000L; // microseconds: a day in June 2025, as good as any

  Machine(Settings settings) {
    this.settings = settings;
    this.ledger = new LedgerBook(settings.keepsLedger());
  }

  Settings settings() {
    return settings;
  }

  OutboxTable table() {
    return table;
  }

  Repositories repositories() {
    return repositories;
  }

  Observations observations() {
    return observations;
  }

  LedgerBook ledger() {
    return ledger;
  }

  /** What to do to the next clients that connect, one each. */
  Deque<HandshakeFault> handshakeFaults() {
    return handshakeFaults;
  }

  /** The events that are produced as there is room for them. */
  Iterator<TapEventSpec> bulk() {
    return bulk;
  }

  /** Sets up {@link #bulk()}, and knows its repositories from now on. */
  void generate(int events, int count) {
    for (int i = 0; i < count; i++) {
      repositories.add(EventGenerator.did(i));
    }
    bulk = new EventGenerator(settings.seed(), events, count, revision);
    revision += events;
  }

  /** The size of the fragments that events are sent in, or 0 to send each whole. */
  int fragmentSize() {
    return fragmentSize;
  }

  void setFragmentSize(int fragmentSize) {
    this.fragmentSize = fragmentSize;
  }

  /**
   * Writes an event into the database.
   *
   * @param id an unsigned number that no row has
   */
  Row insert(long id, TapEventSpec event) {
    if (table.contains(id)) {
      throw new IllegalArgumentException(
          "The outbox already has an event with the id " + Long.toUnsignedString(id) + ".");
    }
    TapEventSpec complete =
        event instanceof TapEventSpec.RecordChange entry && entry.rev().isEmpty()
            ? entry.withRev(Tid.of(revision++))
            : event;
    Row row = new Row(id, complete, ledger.open(id, complete));
    table.insert(row);
    repositories.note(complete);
    return row;
  }
}
