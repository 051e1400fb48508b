package dev.perennial.benchmarks.tap;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The events of one connection, and what came back. Written by the event loop, and read once it is
 * complete.
 */
final class Sending {

  /** What the client acks. */
  enum Acks {
    EACH,
    LAST
  }

  /**
   * How a connection went.
   *
   * @param nanos from the first write to the last ack
   * @param checksum what the client must have read
   * @param problem what is wrong with the acks; empty if nothing is
   */
  record Outcome(long nanos, long checksum, String problem) {

    String text() {
      return nanos + " " + checksum + " " + problem;
    }

    static Outcome parse(String text) {
      String[] part = text.split(" ", 3);
      return new Outcome(Long.parseLong(part[0]), Long.parseLong(part[1]), part[2]);
    }
  }

  private final long first;
  private final int count;
  private final Acks acks;
  private final CountDownLatch done = new CountDownLatch(1);
  private volatile long begunAt;
  private volatile long endedAt;
  private long ackCount;
  private long ackSum;
  private volatile String state = "";

  Sending(long first, int count, Acks acks) {
    this.first = first;
    this.count = count;
    this.acks = acks;
  }

  long first() {
    return first;
  }

  int count() {
    return count;
  }

  void begin() {
    begunAt = System.nanoTime();
  }

  void ack(long id) {
    ackCount++;
    ackSum += id;
    if (ackCount == (acks == Acks.EACH ? count : 1)) {
      endedAt = System.nanoTime();
      end();
    }
  }

  /** Ends it: all acks have come, or no more will. */
  void end() {
    state = ackCount + " acks, whose ids add up to " + ackSum;
    done.countDown();
  }

  void await(long time, TimeUnit unit) throws InterruptedException {
    if (!done.await(time, unit)) {
      state = "no complete acks within " + unit.toSeconds(time) + " s";
    }
  }

  Outcome outcome(TapEvents events) {
    long last = first + count - 1;
    long expected = acks == Acks.EACH ? count : 1;
    long sum = acks == Acks.EACH ? (first + last) * count / 2 : last;
    String right = expected + " acks, whose ids add up to " + sum;
    return new Outcome(
        endedAt - begunAt,
        events.checksum(first, count),
        state.equals(right) ? "" : "the server expected " + right + ", and got " + state);
  }
}
