package dev.perennial.checkpoint.redis.internal;

import dev.perennial.checkpoint.redis.internal.ClaimedHash.Names;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.support.LogText;
import io.lettuce.core.KeyValue;
import java.util.List;
import java.util.Optional;

/** A reader of checkpoints, which needs no claim. */
public final class CheckpointReader {

  private CheckpointReader() {}

  /**
   * Reads a checkpoint from Redis.
   *
   * @throws CheckpointException with reason CORRUPT if the hash is not one of a checkpoint
   */
  public static Optional<Checkpoint> load(SharedConnection connection, Names names)
      throws CheckpointException {
    List<KeyValue<String, String>> fields =
        connection.call(
            "Cannot load checkpoint " + names,
            commands -> commands.hmget(names.key(), "format", "checkpoint"));
    String format = fields.get(0).getValueOrElse("");
    String line = fields.get(1).getValueOrElse("");
    if (!format.equals(Script.FORMAT) && !(format + line).isEmpty()) {
      throw ClaimedHash.corrupt(
          connection,
          names,
          "its field \"format\" is \"%s\", and this program reads only \"%s\""
              .formatted(format, Script.FORMAT));
    }
    return parse(connection, names, line);
  }

  /**
   * Parses a checkpoint.
   *
   * @param line the checkpoint as text; empty if there is none
   * @throws CheckpointException with reason CORRUPT if it is not a checkpoint
   */
  static Optional<Checkpoint> parse(SharedConnection connection, Names names, String line)
      throws CheckpointException {
    if (line.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Checkpoint.parse(line));
    } catch (CheckpointException e) {
      throw ClaimedHash.corrupt(
          connection,
          names,
          "its field \"checkpoint\" is not a checkpoint (" + LogText.reason(e) + ")");
    }
  }
}
