package dev.perennial.checkpoint.redis;

import dev.perennial.checkpoint.redis.ClaimedHash.Names;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import io.lettuce.core.KeyValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A stream's hash as it was read.
 *
 * @param owner who has the claim, or had it and never gave it up
 * @param checkpoint what was saved last
 */
record HashContent(boolean exists, @Nullable String owner, Optional<Checkpoint> checkpoint) {

  /**
   * Reads it.
   *
   * @throws CheckpointException of kind CORRUPT if it is not the hash of a checkpoint
   */
  static HashContent read(Link link, Names names) throws CheckpointException {
    List<KeyValue<String, String>> answer =
        link.call(
            "The checkpoint of " + names + " was not loaded",
            commands ->
                commands.hmget(
                    names.key(),
                    "format",
                    "owner",
                    "save",
                    "checkpoint",
                    "saved",
                    "deleted",
                    "restored"));
    Map<String, String> fields = new HashMap<>();
    answer.forEach(field -> field.ifHasValue(value -> fields.put(field.getKey(), value)));
    if (fields.isEmpty()) {
      return new HashContent(false, null, Optional.empty());
    }
    String format = fields.get("format");
    if (!Script.FORMAT.equals(format)) {
      throw ClaimedHash.corrupt(
          link,
          names,
          format == null
              ? "its field \"format\" is missing"
              : "its field \"format\" is \"%s\", of which this program knows only \"%s\""
                  .formatted(format, Script.FORMAT));
    }
    return new HashContent(true, fields.get("owner"), checkpoint(link, names, fields));
  }

  private static Optional<Checkpoint> checkpoint(Link link, Names names, Map<String, String> fields)
      throws CheckpointException {
    String line = fields.get("checkpoint");
    if (line == null) {
      boolean neverSaved =
          "0".equals(fields.get("save"))
              || fields.containsKey("deleted")
              // Written again by a stream of which no save had succeeded.
              || (fields.containsKey("restored") && !fields.containsKey("saved"));
      if (neverSaved) {
        return Optional.empty();
      }
      throw ClaimedHash.corrupt(
          link, names, "its field \"checkpoint\" is missing, though it was saved before");
    }
    try {
      return Optional.of(Checkpoint.parse(line));
    } catch (CheckpointException e) {
      throw ClaimedHash.corrupt(
          link, names, "its field \"checkpoint\" cannot be read: " + e.getMessage());
    }
  }
}
