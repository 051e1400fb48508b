package dev.perennial.benchmarks.mongo;

import dev.perennial.benchmarks.measure.Contender;
import java.util.Arrays;
import java.util.List;

/** The tables for MongoDB: how large the events are, and how fast the server sends them. */
public enum MongoSize {
  /** Events of about 350 B, most of which is the envelope. */
  SMALL(0, 200_000, 600_000),
  /** Events of about 3 KB. */
  MEDIUM(21, 40_000, 400_000),
  /** Events of about 25 KB. */
  LARGE(210, 6_000, 60_000),
  /** As a server sends that has to read its oplog: 19,000 events a second. */
  PACED(1, 150_000, 150_000);

  /** The rate of a mongod 4.4 for events of 557 B. */
  static final int PACED_EVENTS_PER_SECOND = 19_000;

  final int lines;
  final int available;
  private final int measured;

  /**
   * @param lines how many lines an order has
   * @param available how many events there are; who reads more begins again
   * @param measured how many are measured in a round
   */
  MongoSize(int lines, int available, int measured) {
    this.lines = lines;
    this.available = available;
    this.measured = measured;
  }

  /** Returns how many events are measured in a round. */
  public int measured() {
    return measured;
  }

  boolean isPaced() {
    return this == PACED;
  }

  /** Returns the contenders of its table. A paced round is slow, so fewer have one. */
  public List<Contender> contenders() {
    return isPaced()
        ? List.of(
            MongoContender.RAW,
            MongoContender.DOCUMENT,
            MongoContender.DRIVER,
            MongoContender.DRIVER_RAW)
        : Arrays.asList((Contender[]) MongoContender.values());
  }
}
