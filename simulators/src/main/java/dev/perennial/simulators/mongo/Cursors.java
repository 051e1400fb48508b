package dev.perennial.simulators.mongo;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** The cursors that are open. Guarded by the replica set's lock. */
final class Cursors {

  private final Map<Long, ServerCursor> open = new HashMap<>();
  private final Set<Long> busy = new HashSet<>();
  private final Random random;

  /** So many answers of change streams are still to be empty. */
  private int stalled;

  Cursors(long seed) {
    random = new Random(seed ^ 0xc0ffee);
  }

  /** Makes a cursor with an id of its own; it is not found until it is kept. */
  <C extends ServerCursor> C create(LongFunction<C> maker) {
    long id;
    do {
      id = random.nextLong() & Long.MAX_VALUE;
    } while (id == 0 || open.containsKey(id));
    return maker.apply(id);
  }

  void keep(ServerCursor cursor) {
    open.put(cursor.id(), cursor);
  }

  @Nullable ServerCursor find(long id, int member) {
    ServerCursor cursor = open.get(id);
    return cursor == null || cursor.member() != member ? null : cursor;
  }

  boolean isOpen(ServerCursor cursor) {
    return open.containsKey(cursor.id());
  }

  boolean remove(long id, int member) {
    return find(id, member) != null && open.remove(id) != null;
  }

  /** Marks a cursor as in use; false if it is already. */
  boolean pin(ServerCursor cursor) {
    return busy.add(cursor.id());
  }

  void unpin(ServerCursor cursor) {
    busy.remove(cursor.id());
  }

  int size() {
    return open.size();
  }

  int killAll() {
    int count = open.size();
    open.clear();
    return count;
  }

  void endAll() {
    for (ServerCursor cursor : open.values()) {
      if (cursor instanceof StreamCursor stream) {
        stream.end();
      }
    }
  }

  void stall(int answers) {
    stalled = answers;
  }

  /** Whether a change stream is to get nowhere in the answer that is made now. */
  boolean stalls() {
    if (stalled == 0) {
      return false;
    }
    stalled--;
    return true;
  }

  void killOf(int member) {
    open.values().removeIf(cursor -> cursor.member() == member);
  }
}
