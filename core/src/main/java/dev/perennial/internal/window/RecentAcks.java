package dev.perennial.internal.window;

import dev.perennial.port.Position;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The positions acked last: so many of them, and each until the horizon has passed since the first
 * time that nothing arrived after its ack. Positions only, so that what was acked can be freed. For
 * the pulling thread.
 */
public final class RecentAcks<P extends Position> {

  /** When positions are forgotten that were acked between two moments in which nothing arrived. */
  private static final class Age {
    boolean begun;
    long until;
  }

  private final int capacity;
  private final long horizon;

  /** The oldest ack first. */
  private final Map<P, Age> positions = new LinkedHashMap<>();

  private Age fresh = new Age();

  /**
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

  /** Notes an ack of a position that is not in here. */
  public void add(P position) {
    positions.put(position, fresh);
    if (positions.size() > capacity) {
      Iterator<P> oldest = positions.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
  }

  /** Notes that nothing arrives: the horizon begins for what was acked before. */
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
