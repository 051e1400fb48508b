package dev.perennial.simulators.tap;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The server's table of events that are not yet deleted, which outlives a restart. The real server
 * keeps a copy of it in memory; here one map is both.
 */
final class OutboxTable {

  private final Map<Long, OutboxRow> rows = new HashMap<>();

  /**
   * The counter of a server that starts on this table: the largest id plus one, which the server
   * increments before each use. Zero for an empty table, so that ids begin at 1 again.
   */
  long firstCounter() {
    return rows.values().stream().mapToLong(OutboxRow::id).filter(id -> id > 0).max().orElse(-1)
        + 1;
  }

  void insert(OutboxRow row) {
    if (rows.putIfAbsent(row.id(), row) != null) {
      throw new IllegalArgumentException(
          "The outbox already has an event with the id " + Long.toUnsignedString(row.id()) + ".");
    }
  }

  boolean contains(long id) {
    return rows.containsKey(id);
  }

  @Nullable OutboxRow get(long id) {
    return rows.get(id);
  }

  void delete(long id) {
    OutboxRow row = rows.remove(id);
    if (row != null) {
      row.delete();
    }
  }

  int size() {
    return rows.size();
  }

  /** All rows in the order of their ids, as a server reads them when it starts. */
  List<OutboxRow> byId() {
    Collection<OutboxRow> all = rows.values();
    return all.stream().sorted(Comparator.comparing(OutboxRow::id, Long::compareUnsigned)).toList();
  }
}
