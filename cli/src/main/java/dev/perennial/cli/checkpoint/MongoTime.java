package dev.perennial.cli.checkpoint;

import dev.perennial.port.Checkpoint;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The cluster time in a checkpoint of a MongoDB stream, which ends with it or with what it says of
 * its deployment.
 */
final class MongoTime {

  private static final String SOURCE = "mongodb";
  private static final Pattern POSITION =
      Pattern.compile("\\d+ (?:.* )?(\\d{1,10})\\.(\\d{1,10})(?: @\\S*)?");

  private MongoTime() {}

  /** The time in words; empty for a checkpoint that has none. */
  static Optional<String> of(Checkpoint checkpoint) {
    Matcher position = POSITION.matcher(checkpoint.position());
    if (!checkpoint.source().equals(SOURCE) || !position.matches()) {
      return Optional.empty();
    }
    Instant second = Instant.ofEpochSecond(Long.parseLong(position.group(1)));
    return Optional.of(second + ", increment " + position.group(2));
  }
}
