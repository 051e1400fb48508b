package dev.perennial.benchmarks.tap;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The events of one connection, and what came back. Written by the event loop, and read once it is
 * complete.
 */
final class Sending {

  /** What the client acks. */
  enum Acks {
    EACH,
    LAST,
    /** Each, and after the last one the server cuts the connection. */
    EACH_THEN_CUT
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
  private final long pauseNanos;
  private final long[] writtenAt;
  private final long[] ackedAt;
  private final CountDownLatch done = new CountDownLatch(1);
  private volatile long begunAt;
  private volatile long endedAt;
  private long ackCount;
  private long ackSum;
  private volatile String state = "";

  /**
   * @param pauseNanos the time between two events; 0 to send as fast as the client reads
   */
  Sending(long first, int count, Acks acks, long pauseNanos) {
    this.first = first;
    this.count = count;
    this.acks = acks;
    this.pauseNanos = pauseNanos;
    this.writtenAt = new long[pauseNanos == 0 ? 0 : count];
    this.ackedAt = new long[pauseNanos == 0 ? 0 : count];
  }

  long pauseNanos() {
    return pauseNanos;
  }

  /** Returns the time at which an event is due. */
  long dueAt(long number) {
    return begunAt + (number - first) * pauseNanos;
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

  /** Records that events are about to be written, from one to before another. */
  void write(long from, long to) {
    if (pauseNanos > 0) {
      Arrays.fill(writtenAt, (int) (from - first), (int) (to - first), System.nanoTime());
    }
  }

  /** Counts an ack, and returns whether the connection is to be cut. */
  boolean ack(long id) {
    ackCount++;
    ackSum += id;
    if (pauseNanos > 0) {
      ackedAt[(int) (id - first)] = System.nanoTime();
    }
    boolean last = ackCount == (acks == Acks.LAST ? 1 : count);
    if (last) {
      endedAt = System.nanoTime();
      end();
    }
    return last && acks == Acks.EACH_THEN_CUT;
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
    long expected = acks == Acks.LAST ? 1 : count;
    long sum = acks == Acks.LAST ? last : (first + last) * count / 2;
    String right = expected + " acks, whose ids add up to " + sum;
    return new Outcome(
        endedAt - begunAt,
        events.checksum(first, count),
        state.equals(right) ? "" : "the server expected " + right + ", and got " + state);
  }

  /**
   * Returns when it began and ended and, if there was a pause between the events, when the write of
   * each began and when each ack came. The times are those of {@link System#nanoTime}, which is the
   * same clock for all processes on Linux.
   */
  LongStream times() {
    return Stream.of(new long[] {begunAt, endedAt}, writtenAt, ackedAt)
        .flatMapToLong(Arrays::stream);
  }
}
