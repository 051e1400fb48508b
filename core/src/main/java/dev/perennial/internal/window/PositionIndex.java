package dev.perennial.internal.window;

import dev.perennial.port.Position;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Finds the entry of a position, a number, by the position's hash code, in a table with open
 * addressing: each slot is a number, too, so that none needs an object. The owner keeps the
 * positions themselves. Not safe for use from several threads.
 */
final class PositionIndex<P extends Position> {

  /** The slots that share a line of the processor's cache, which has 64 bytes. */
  private static final int LINE = 8;

  private static final long EMPTY = 0;

  private final IntFunction<@Nullable P> positionAt;

  /**
   * Each slot has a hash code in its upper half and an entry plus one in its lower half. The length
   * is a power of two, and at least half of the slots are empty.
   */
  private long[] slots = new long[2 * LINE];

  private int size;

  /** Makes an empty index. The function returns the position of an entry that was put here. */
  PositionIndex(IntFunction<@Nullable P> positionAt) {
    this.positionAt = positionAt;
  }

  /** Returns the entry of a position; -1 if it is not here. */
  int find(P position) {
    int hash = position.hashCode();
    for (int i = home(hash, slots.length); slots[i] != EMPTY; i = next(i)) {
      if (hashOf(slots[i]) == hash && position.equals(positionAt.apply(entryOf(slots[i])))) {
        return entryOf(slots[i]);
      }
    }
    return -1;
  }

  /** Puts a position that is not here. If there is no memory for it, nothing has changed. */
  void put(int hash, int entry) {
    if (2 * (size + 1) > slots.length) {
      grow();
    }
    insert(slot(hash, entry), slots);
    size++;
  }

  /** Removes a position that is here. Does nothing if an earlier removal failed half-way. */
  void remove(int hash, int entry) {
    int gap = home(hash, slots.length);
    while (slots[gap] != slot(hash, entry)) {
      if (slots[gap] == EMPTY) {
        return;
      }
      gap = next(gap);
    }
    // A later slot moves into the gap if a search for it would end there.
    for (int i = next(gap); slots[i] != EMPTY; i = next(i)) {
      int wayTo = distance(home(hashOf(slots[i]), slots.length), i);
      if (wayTo >= distance(gap, i)) {
        slots[gap] = slots[i];
        gap = i;
      }
    }
    slots[gap] = EMPTY;
    size--;
  }

  private void grow() {
    long[] larger = new long[2 * slots.length];
    for (long slot : slots) {
      if (slot != EMPTY) {
        insert(slot, larger);
      }
    }
    slots = larger;
  }

  private static void insert(long slot, long[] into) {
    int i = home(hashOf(slot), into.length);
    while (into[i] != EMPTY) {
      i = (i + 1) & (into.length - 1);
    }
    into[i] = slot;
  }

  /**
   * Returns where a search begins. Hash codes that differ only in their last bits, as those of
   * consecutive numbers do, share a line; lines are scattered by Fibonacci hashing (Knuth, The Art
   * of Computer Programming, volume 3, section 6.4).
   */
  static int home(int hash, int slots) {
    int lines = slots / LINE;
    int line = ((hash >>> 3) * 0x9E3779B9) >>> (32 - Integer.numberOfTrailingZeros(lines));
    return line * LINE + (hash & (LINE - 1));
  }

  private int next(int i) {
    return (i + 1) & (slots.length - 1);
  }

  private int distance(int from, int to) {
    return (to - from) & (slots.length - 1);
  }

  private static long slot(int hash, int entry) {
    return ((long) hash << 32) | (entry + 1);
  }

  private static int hashOf(long slot) {
    return (int) (slot >>> 32);
  }

  private static int entryOf(long slot) {
    return (int) slot - 1;
  }
}
