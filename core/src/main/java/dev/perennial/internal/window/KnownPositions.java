package dev.perennial.internal.window;

import dev.perennial.port.Position;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The positions of a server-tracked stream that it recognizes if they come again: those of its
 * unacked events, and the most recently acked ones, at most a fixed number. Each acked one is kept
 * until the horizon has passed since nothing arrived for the first time after its ack. Called only
 * by the pulling thread.
 *
 * <p>Each position has a number, its entry, until it is forgotten.
 */
final class KnownPositions<P extends Position> {

  /** In place of an entry, or of a place in the window. */
  static final int NONE = -1;

  /**
   * The acks that came before a moment in which nothing arrived, and how long to keep their
   * positions.
   */
  private record Age(long before, long until) {}

  private static final int FIRST_SIZE = 16;

  private final int capacity;
  private final long horizon;
  private final PositionIndex<P> index = new PositionIndex<>(this::positionAt);
  private final ArrayDeque<Age> ages = new ArrayDeque<>();

  // By entry.

  private @Nullable Object[] positions = new Object[FIRST_SIZE];

  /** The hash codes, so that a position is forgotten without being read again. */
  private int[] hashes = new int[FIRST_SIZE];

  /** Where the unacked event is in the window; {@link #NONE} once it is acked. */
  private int[] places = new int[FIRST_SIZE];

  /** The free entries, the first {@link #freeCount}. */
  private int[] free = IntStream.range(0, FIRST_SIZE).toArray();

  private int freeCount = FIRST_SIZE;

  /** A ring of the acked entries, the oldest at {@link #oldest}, counted from the first ack. */
  private int[] acked = new int[FIRST_SIZE];

  private long oldest;
  private long end;

  /**
   * Makes an empty memory.
   *
   * @param capacity how many acked positions at most
   * @param horizon in nanoseconds
   */
  KnownPositions(int capacity, long horizon) {
    this.capacity = capacity;
    this.horizon = horizon;
  }

  /** Returns the entry of a position; {@link #NONE} if it is not known. */
  int find(P position) {
    return index.find(position);
  }

  /** Returns the place of an entry's event; {@link #NONE} if it is acked. */
  int placeOf(int entry) {
    return places[entry];
  }

  /**
   * Adds the position of an unacked event, which is not known, and returns its entry. If there is
   * no memory for it, nothing has changed.
   */
  int add(P position, int place) {
    if (freeCount == 0) {
      grow();
    }
    int entry = free[freeCount - 1];
    int hash = position.hashCode();
    index.put(hash, entry);
    positions[entry] = position;
    hashes[entry] = hash;
    places[entry] = place;
    freeCount--;
    return entry;
  }

  private void grow() {
    int size = positions.length;
    @Nullable Object[] morePositions = Arrays.copyOf(positions, 2 * size);
    int[] moreHashes = Arrays.copyOf(hashes, 2 * size);
    int[] morePlaces = Arrays.copyOf(places, 2 * size);
    int[] moreFree = new int[2 * size];
    for (int i = 0; i < size; i++) {
      moreFree[i] = size + i;
    }
    positions = morePositions;
    hashes = moreHashes;
    places = morePlaces;
    free = moreFree;
    freeCount = size;
  }

  /**
   * Notes that an event was acked, unless that is known: a caller that fails afterwards calls it
   * again.
   */
  void acked(int entry) {
    if (places[entry] == NONE) {
      return;
    }
    if (end - oldest == capacity) {
      forgetOldest();
    }
    if (end - oldest == acked.length) {
      growAcked();
    }
    acked[slot(end)] = entry;
    places[entry] = NONE;
    end++;
  }

  private void growAcked() {
    int[] more = new int[2 * acked.length];
    for (long i = oldest; i < end; i++) {
      more[(int) i & (more.length - 1)] = acked[slot(i)];
    }
    acked = more;
  }

  private void forgetOldest() {
    int entry = acked[slot(oldest)];
    index.remove(hashes[entry], entry);
    positions[entry] = null;
    free[freeCount++] = entry;
    oldest++;
  }

  /** Notes that nothing arrives: the horizon begins for the positions acked before. */
  void idle(long now) {
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

  private int slot(long ack) {
    return (int) ack & (acked.length - 1);
  }

  @SuppressWarnings("unchecked") // nothing else is in the array
  private @Nullable P positionAt(int entry) {
    return (P) positions[entry];
  }
}
