package dev.perennial.benchmarks;

import java.util.SplittableRandom;

/**
 * Slots to put things in, and an order to take them out again that is not the one in which they
 * were put in: neighbours overtake each other, as they do where several threads handle them. Of
 * each thousand slots the order is shuffled, and two shuffles take turns, so a thing stays for one
 * round, give or take a thousand.
 */
final class OutOfOrder {

  private static final int NEIGHBOURS = 1_000;

  private final int[][] rounds;
  private int round;
  private int next;

  OutOfOrder(int slots) {
    SplittableRandom random = new SplittableRandom(42);
    rounds = new int[][] {shuffled(slots, random), shuffled(slots, random)};
  }

  /** The slot whose turn it is. */
  int slot() {
    int[] now = rounds[round];
    int slot = now[next++];
    if (next == now.length) {
      next = 0;
      round ^= 1;
    }
    return slot;
  }

  private static int[] shuffled(int size, SplittableRandom random) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int first = i - i % NEIGHBOURS;
      int j = first + random.nextInt(i - first + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
