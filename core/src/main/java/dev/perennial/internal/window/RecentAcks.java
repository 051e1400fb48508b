package dev.perennial.internal.window;

import dev.perennial.port.Position;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The most recently acked positions of a server-tracked stream, at most a fixed number. Each is
 * kept until the horizon has passed since nothing arrived for the first time after its ack. Keeps
 * only positions, so that acked events can be freed. Called only by the pulling thread.
 */
public final class RecentAcks<P extends Position> {

  /**
   * The positions that were acked before a moment in which nothing arrived, and how long to keep
   * them.
   */
  private record Age(long before, long until) {}

  /** The number of places, after which they are used again. */
  private static final int PLACES = 1 << 30;

  private final int capacity;
  private final long horizon;

  /** Rings with the oldest position at {@link #oldest}, counted from the first one ever. */
  private @Nullable Object[] positions = new Object[16];

  /** The hash codes, so that the oldest position is removed without being read again. */
  private int[] hashes = new int[positions.length];

  private long oldest;
  private long end;

  /** A place is the number of a position modulo {@link #PLACES}. */
  private final PositionIndex<P> index = new PositionIndex<>(this::positionAt);

  private final ArrayDeque<Age> ages = new ArrayDeque<>();

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
    return index.find(position) >= 0;
  }

  /** Adds an acked position that is not in here. If there is no memory for it, it is not added. */
  public void add(P position) {
    if (end - oldest == capacity) {
      forgetOldest();
    }
    if (end - oldest == positions.length) {
      grow();
    }
    int hash = position.hashCode();
    index.put(hash, place(end));
    positions[slot(end)] = position;
    hashes[slot(end)] = hash;
    end++;
  }

  private void grow() {
    @Nullable Object[] morePositions = new Object[2 * positions.length];
    int[] moreHashes = new int[2 * hashes.length];
    for (long i = oldest; i < end; i++) {
      int slot = (int) i & (morePositions.length - 1);
      morePositions[slot] = positions[slot(i)];
      moreHashes[slot] = hashes[slot(i)];
    }
    positions = morePositions;
    hashes = moreHashes;
  }

  private void forgetOldest() {
    index.remove(hashes[slot(oldest)], place(oldest));
    positions[slot(oldest)] = null;
    oldest++;
  }

  /** Notes that nothing arrives: the horizon begins for the positions acked before. */
  public void idle(long now) {
    Age newest = ages.peekLast();
    if (newest == null ? oldest < end : newest.before < end) {
      ages.add(new Age(end, now + horizon));
    }
    for (Age age = ages.peek();
        age != null && (age.before <= oldest || age.until - now <= 0);
        age = ages.peek()) {
      while (oldest < age.before) {
        forgetOldest();
      }
      ages.remove();
    }
  }

  @SuppressWarnings("unchecked") // nothing else is in the ring
  private P positionAt(int place) {
    return (P) Objects.requireNonNull(positions[slot(place)]);
  }

  private static int place(long number) {
    return (int) number & (PLACES - 1);
  }

  private int slot(long number) {
    return (int) number & (positions.length - 1);
  }
}
