package dev.perennial.simulators.tap;

import java.util.ArrayList;
import java.util.List;

/** Writes the {@link Ledger}. Used on the simulator's own thread only. */
final class LedgerBook {

  private final boolean keepsEntries;
  private final List<Line> lines = new ArrayList<>();
  private long emitted;
  private long frames;
  private long acked;

  /**
   * @param keepsEntries false to count only, where millions of events go through
   */
  LedgerBook(boolean keepsEntries) {
    this.keepsEntries = keepsEntries;
  }

  /** Opens the line of a new event. */
  Line open(long id, TapEventSpec event) {
    emitted++;
    Line line = new Line(id, keepsEntries ? event.key() : "");
    if (keepsEntries) {
      lines.add(line);
    }
    return line;
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
    return new Ledger(lines.stream().map(Line::read).toList());
  }

  /** What is known of one event. */
  final class Line {

    private final long id;
    private final String key;
    private int written;
    private boolean wasAcked;
    private boolean ackedTooEarly;

    private Line(long id, String key) {
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
