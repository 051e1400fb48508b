package dev.perennial.simulators.tap;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;

/**
 * What outlives the server's restarts: its database, the scripted handshake faults, and what was
 * observed of its clients. Used on the simulator's thread only.
 */
final class DurableState {

  private final TapSettings settings;
  private final OutboxTable table = new OutboxTable();
  private final Repositories repositories = new Repositories();
  private final Observations observations = new Observations();
  private final Deque<HandshakeFault> handshakeFaults = new ArrayDeque<>();
  private final LedgerRecorder ledger;
  private Iterator<TapEventSpec> bulk = Collections.emptyIterator();
  private int fragmentSize;
  private long revision =
      1_750_000_000_000_000L; // microseconds: a day in June 2025, as good as any

  DurableState(TapSettings settings) {
    this.settings = settings;
    this.ledger = new LedgerRecorder(settings.keepsLedger());
  }

  TapSettings settings() {
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

  LedgerRecorder ledger() {
    return ledger;
  }

  /** The faults of the next handshakes, one each. */
  Deque<HandshakeFault> handshakeFaults() {
    return handshakeFaults;
  }

  /** The events that are produced as there is room for them. */
  Iterator<TapEventSpec> bulk() {
    return bulk;
  }

  /** Sets up {@link #bulk()} and adds its repositories. */
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
  OutboxRow insert(long id, TapEventSpec event) {
    if (table.contains(id)) {
      throw new IllegalArgumentException(
          "The outbox already has an event with the id " + Long.toUnsignedString(id) + ".");
    }
    TapEventSpec complete =
        event instanceof TapEventSpec.RecordChange entry && entry.rev().isEmpty()
            ? entry.withRev(Tid.of(revision++))
            : event;
    OutboxRow row = new OutboxRow(id, complete, ledger.add(id, complete));
    table.insert(row);
    repositories.note(complete);
    return row;
  }
}
