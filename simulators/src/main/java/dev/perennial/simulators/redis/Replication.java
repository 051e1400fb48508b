package dev.perennial.simulators.redis;

import java.util.List;

/**
 * How far a primary's replicas are, from its {@code INFO replication}.
 *
 * @param offset how much the primary has written
 * @param replicas how much of it each replica has confirmed, which it does once a second
 */
record Replication(long offset, List<Long> replicas) {

  static final String SECTION = "replication";

  private static final String OFFSET = "master_repl_offset:";
  private static final String REPLICA = "slave\\d+:.*";
  private static final String CONFIRMED = "^.*,offset=(\\d+),.*$";

  static Replication of(RedisServer primary) {
    List<String> lines = primary.info(SECTION).lines().map(String::trim).toList();
    long offset =
        lines.stream()
            .filter(line -> line.startsWith(OFFSET))
            .mapToLong(line -> Long.parseLong(line.substring(OFFSET.length())))
            .findFirst()
            .orElseThrow();
    List<Long> replicas =
        lines.stream()
            .filter(line -> line.matches(REPLICA))
            .map(line -> Long.valueOf(line.replaceAll(CONFIRMED, "$1")))
            .toList();
    return new Replication(offset, replicas);
  }

  /** How many replicas have confirmed so much. */
  long confirmedBy(long written) {
    return replicas.stream().filter(confirmed -> confirmed >= written).count();
  }
}
