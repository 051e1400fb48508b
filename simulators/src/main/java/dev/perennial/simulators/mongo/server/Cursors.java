package dev.perennial.simulators.mongo.server;

import dev.perennial.simulators.mongo.changes.StreamCursor;
import dev.perennial.simulators.mongo.query.ServerCursor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The open cursors of all members. Guarded by the replica set's lock. */
public final class Cursors {

  private final Map<Long, ServerCursor> open = new HashMap<>();
  private final Set<Long> inUse = new HashSet<>();
  private final Random random;

  /** How many replies of change streams are still to be empty. */
  private int stalledReplies;

  Cursors(long seed) {
    random = new Random(seed ^ 0xc0ffee);
  }

  /** Makes a cursor with an id of its own; it is not found until it is kept. */
  public <C extends ServerCursor> C create(int member, Function<ServerCursor.Key, C> maker) {
    long id;
    do {
      id = random.nextLong() & Long.MAX_VALUE;
    } while (id == 0 || open.containsKey(id));
    return maker.apply(new ServerCursor.Key(id, member));
  }

  public void keep(ServerCursor cursor) {
    open.put(cursor.key().id(), cursor);
  }

  /** The cursor, if it is open on that member. */
  public @Nullable ServerCursor find(ServerCursor.Key key) {
    ServerCursor cursor = open.get(key.id());
    return cursor == null || !cursor.key().equals(key) ? null : cursor;
  }

  public boolean isOpen(ServerCursor cursor) {
    return open.containsKey(cursor.key().id());
  }

  /** Closes a cursor; false if it is not open on that member. */
  public boolean remove(ServerCursor.Key key) {
    return find(key) != null && open.remove(key.id()) != null;
  }

  /** Marks a cursor as in use; false if it is already. */
  public boolean pin(ServerCursor cursor) {
    return inUse.add(cursor.key().id());
  }

  public void unpin(ServerCursor cursor) {
    inUse.remove(cursor.key().id());
  }

  public int size() {
    return open.size();
  }

  /** Closes all cursors, and returns how many there were. */
  public int killAll() {
    int count = open.size();
    open.clear();
    return count;
  }

  /** Closes the cursors of a member. */
  public void killOf(int member) {
    open.values().removeIf(cursor -> cursor.key().member() == member);
  }

  /** Ends all change streams with an empty batch. */
  public void cutStreams() {
    for (ServerCursor cursor : open.values()) {
      if (cursor instanceof StreamCursor stream) {
        stream.cut();
      }
    }
  }

  /** Makes the next replies of change streams empty. */
  public void stall(int replies) {
    stalledReplies = replies;
  }

  /** Whether the change stream's reply that is made now is to be empty. */
  public boolean takeStall() {
    if (stalledReplies == 0) {
      return false;
    }
    stalledReplies--;
    return true;
  }
}
