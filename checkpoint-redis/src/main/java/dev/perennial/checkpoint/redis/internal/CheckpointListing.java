package dev.perennial.checkpoint.redis.internal;

import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** The listing of the streams that have a checkpoint. */
public final class CheckpointListing {

  private static final String WHAT = "Cannot list the checkpoints";

  /** How many keys Redis scans in one call. */
  private static final int STEP = 500;

  private CheckpointListing() {}

  public static List<String> streamIds(SharedConnection connection, Keys keys)
      throws CheckpointException {
    TreeSet<String> ids = new TreeSet<>();
    ScanArgs arguments = new ScanArgs().match(keys.pattern()).limit(STEP);
    ScanCursor cursor = ScanCursor.INITIAL;
    do {
      ScanCursor from = cursor;
      KeyScanCursor<String> found =
          connection.call(WHAT, commands -> commands.scan(from, arguments));
      for (String key : found.getKeys()) {
        Optional<String> id = keys.streamId(key);
        if (id.isPresent() && hasCheckpoint(connection, key)) {
          ids.add(id.get());
        }
      }
      cursor = found;
    } while (!cursor.isFinished());
    return new ArrayList<>(ids);
  }

  /** Returns whether a key has a checkpoint. A value of another type counts as a corrupt one. */
  private static boolean hasCheckpoint(SharedConnection connection, String key)
      throws CheckpointException {
    try {
      return connection.call(WHAT, commands -> commands.hexists(key, "checkpoint"));
    } catch (CheckpointException e) {
      if (e.reason() == Reason.CORRUPT) {
        return true;
      }
      throw e;
    }
  }
}
