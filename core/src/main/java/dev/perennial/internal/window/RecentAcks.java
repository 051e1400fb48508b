package dev.perennial.internal.window;

import dev.perennial.port.Position;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The most recently acked positions of a server-tracked stream, at most a fixed number. Each is
 * kept until the horizon has passed since nothing arrived for the first time after its ack. Keeps
 * only positions, so that acked events can be freed. Called only by the pulling thread.
 */
public final class RecentAcks<P extends Position> {

  /** When to forget the positions that were acked between two moments in which nothing arrived. */
  private static final class Age {
    boolean begun;
    long until;
  }

  private final int capacity;
  private final long horizon;

  /** Ordered from the oldest ack to the newest. */
  private final Map<P, Age> positions = new LinkedHashMap<>();

  private Age fresh = new Age();

  /**
   * Makes an empty memory.
   *
   * @param capacity how many positions at most
   * @param horizon in nanoseconds
   */
  public RecentAcks(int capacity, long horizon) {
    this.capacity = capacity;
    this.horizon = horizon;
  }

  public boolean contains(P position) {
    return positions.containsKey(position);
  }

  /** Adds an acked position that is not in here. */
  public void add(P position) {
    positions.put(position, fresh);
    if (positions.size() > capacity) {
      Iterator<P> oldest = positions.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
  }

  /** Notes that nothing arrives: the horizon begins for the positions acked before. */
  public void idle(long now) {
    fresh.begun = true;
    fresh.until = now + horizon;
    fresh = new Age();
    Iterator<Age> oldest = positions.values().iterator();
    while (oldest.hasNext()) {
      Age age = oldest.next();
      if (!age.begun || age.until - now > 0) {
        return;
      }
      oldest.remove();
    }
  }
}
