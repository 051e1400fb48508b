package dev.perennial.benchmarks.tap;

/**
 * The handler of every contender: reads two fields of an event, and adds them up in any order, so
 * that the server can tell that all were read.
 */
final class Checksum {

  private long sum;

  static long of(String did, String collection) {
    return 31L * did.charAt(did.length() - 1) + collection.length();
  }

  void handle(String did, String collection) {
    sum += of(did, collection);
  }

  long sum() {
    return sum;
  }
}
