package dev.perennial.benchmarks.mongo;

/** Adds up what was read, so that nothing is read in vain and all loops can be compared. */
final class Tally {

  private long sum;

  void event(boolean insert, String collection, int id, long clusterTime) {
    sum = sum * 31 + (insert ? 1 : 0) + collection.length() + id + clusterTime;
  }

  void total(int total) {
    sum = sum * 31 + total;
  }

  long sum() {
    return sum;
  }
}
