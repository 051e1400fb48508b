package dev.perennial.simulators.mongo;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The open cursors of all members. Guarded by the replica set's lock. */
final class Cursors {

  private final Map<Long, ServerCursor> open = new HashMap<>();
  private final Set<Long> inUse = new HashSet<>();
  private final Random random;

  /** How many replies of change streams are still to be empty. */
  private int stalledReplies;

  Cursors(long seed) {
    random = new Random(seed ^ 0xc0ffee);
  }

  /** Makes a cursor with an id of its own; it is not found until it is kept. */
  <C extends ServerCursor> C create(int member, Function<ServerCursor.Key, C> maker) {
    long id;
    do {
      id = random.nextLong() & Long.MAX_VALUE;
    } while (id == 0 || open.containsKey(id));
    return maker.apply(new ServerCursor.Key(id, member));
  }

  void keep(ServerCursor cursor) {
    open.put(cursor.key().id(), cursor);
  }

  /** The cursor, if it is open on that member. */
  @Nullable ServerCursor find(ServerCursor.Key key) {
    ServerCursor cursor = open.get(key.id());
    return cursor == null || !cursor.key().equals(key) ? null : cursor;
  }

  boolean isOpen(ServerCursor cursor) {
    return open.containsKey(cursor.key().id());
  }

  /** Closes a cursor; false if it is not open on that member. */
  boolean remove(ServerCursor.Key key) {
    return find(key) != null && open.remove(key.id()) != null;
  }

  /** Marks a cursor as in use; false if it is already. */
  boolean pin(ServerCursor cursor) {
    return inUse.add(cursor.key().id());
  }

  void unpin(ServerCursor cursor) {
    inUse.remove(cursor.key().id());
  }

  int size() {
    return open.size();
  }

  /** Closes all cursors, and returns how many there were. */
  int killAll() {
    int count = open.size();
    open.clear();
    return count;
  }

  /** Closes the cursors of a member. */
  void killOf(int member) {
    open.values().removeIf(cursor -> cursor.key().member() == member);
  }

  /** Ends all change streams with an empty batch. */
  void cutStreams() {
    for (ServerCursor cursor : open.values()) {
      if (cursor instanceof StreamCursor stream) {
        stream.cut();
      }
    }
  }

  /** Makes the next replies of change streams empty. */
  void stall(int replies) {
    stalledReplies = replies;
  }

  /** Whether the change stream's reply that is made now is to be empty. */
  boolean takeStall() {
    if (stalledReplies == 0) {
      return false;
    }
    stalledReplies--;
    return true;
  }
}
