package dev.perennial.source.mongo;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How the cases name their databases: so that what a killed run left behind can be told. */
final class TestDatabases {

  /** No run takes so long. */
  private static final Duration LEFT = Duration.ofDays(1);

  private static final Pattern NAME = Pattern.compile("perennial_(\\d{10})_[0-9a-f]{8}_.*");

  private TestDatabases() {}

  /** What the names of one case's databases begin with: the time, and something of its own. */
  static String newPrefix() {
    return prefix(Instant.now());
  }

  static String prefix(Instant time) {
    String own = UUID.randomUUID().toString().substring(0, 8);
    return String.format("perennial_%010d_%s", time.getEpochSecond(), own);
  }

  /** Whether a database is of a case that is long over. */
  static boolean isLeft(String database, Instant now) {
    Matcher name = NAME.matcher(database);
    return name.matches()
        && Instant.ofEpochSecond(Long.parseLong(name.group(1))).isBefore(now.minus(LEFT));
  }
}
