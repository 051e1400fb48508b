package dev.perennial.cli.checkpoint;

import dev.perennial.port.Checkpoint;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the cluster time in a checkpoint of a MongoDB stream. It stands at the end, or before the
 * name of the deployment.
 */
final class MongoCheckpointTime {

  private static final String SOURCE = "mongodb";
  private static final Pattern POSITION =
      Pattern.compile("\\d+ (?:.* )?(\\d{1,10})\\.(\\d{1,10})(?: @\\S*)?");

  private MongoCheckpointTime() {}

  /** Returns the time as text; empty if the checkpoint has none. */
  static Optional<String> of(Checkpoint checkpoint) {
    Matcher position = POSITION.matcher(checkpoint.position());
    if (!checkpoint.source().equals(SOURCE) || !position.matches()) {
      return Optional.empty();
    }
    Instant second = Instant.ofEpochSecond(Long.parseLong(position.group(1)));
    return Optional.of(second + ", increment " + position.group(2));
  }
}
