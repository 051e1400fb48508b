package dev.perennial.checkpoint.redis.internal;

import dev.perennial.checkpoint.redis.internal.ClaimedHash.Names;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import io.lettuce.core.KeyValue;
import java.util.List;
import java.util.Optional;

/** Reads a stream's checkpoint. */
public final class CheckpointReader {

  private CheckpointReader() {}

  /**
   * Reads it from Redis, without a claim.
   *
   * @throws CheckpointException of kind CORRUPT if it is not the hash of a checkpoint
   */
  public static Optional<Checkpoint> load(SharedConnection link, Names names)
      throws CheckpointException {
    List<KeyValue<String, String>> fields =
        link.call(
            "The checkpoint of " + names + " was not loaded",
            commands -> commands.hmget(names.key(), "format", "checkpoint"));
    String format = fields.get(0).getValueOrElse("");
    String line = fields.get(1).getValueOrElse("");
    if (!format.equals(Script.FORMAT) && !(format + line).isEmpty()) {
      throw ClaimedHash.corrupt(
          link,
          names,
          "its field \"format\" is \"%s\", of which this program knows only \"%s\""
              .formatted(format, Script.FORMAT));
    }
    return parse(link, names, line);
  }

  /**
   * Understands it.
   *
   * @param line empty if there is none
   * @throws CheckpointException of kind CORRUPT if it is not a checkpoint
   */
  static Optional<Checkpoint> parse(SharedConnection link, Names names, String line)
      throws CheckpointException {
    if (line.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Checkpoint.parse(line));
    } catch (CheckpointException e) {
      throw ClaimedHash.corrupt(
          link, names, "its field \"checkpoint\" cannot be read: " + e.getMessage());
    }
  }
}
