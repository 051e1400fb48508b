package dev.perennial.benchmarks;

import java.util.SplittableRandom;

/**
 * The order in which slots are emptied and filled again. If it is shuffled, neighbours overtake
 * each other, as they do if several threads handle them: each thousand slots are shuffled, and two
 * shuffles alternate, so that a thing stays for one round, give or take a thousand.
 */
final class Slots {

  private static final int NEIGHBOURS = 1_000;

  private final int[][] rounds;
  private int round;
  private int next;

  Slots(int count, boolean shuffled) {
    SplittableRandom random = new SplittableRandom(42);
    int neighbours = shuffled ? NEIGHBOURS : 1;
    rounds = new int[][] {order(count, neighbours, random), order(count, neighbours, random)};
  }

  /** Returns the slot whose turn it is. */
  int next() {
    int[] now = rounds[round];
    int slot = now[next++];
    if (next == now.length) {
      next = 0;
      round ^= 1;
    }
    return slot;
  }

  private static int[] order(int size, int neighbours, SplittableRandom random) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int first = i - i % neighbours;
      int j = first + random.nextInt(i - first + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
