package dev.perennial.checkpoint.redis.internal;

import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Kind;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Lists the streams that have a checkpoint. */
public final class CheckpointListing {

  private static final String WHAT = "The checkpoints were not listed";

  /** How many keys Redis looks at in one go. */
  private static final int STEP = 500;

  private CheckpointListing() {}

  public static List<String> streamIds(SharedConnection link, Keys keys)
      throws CheckpointException {
    TreeSet<String> ids = new TreeSet<>();
    ScanArgs arguments = new ScanArgs().match(keys.pattern()).limit(STEP);
    ScanCursor cursor = ScanCursor.INITIAL;
    do {
      ScanCursor from = cursor;
      KeyScanCursor<String> found = link.call(WHAT, commands -> commands.scan(from, arguments));
      for (String key : found.getKeys()) {
        Optional<String> id = keys.streamId(key);
        if (id.isPresent() && hasCheckpoint(link, key)) {
          ids.add(id.get());
        }
      }
      cursor = found;
    } while (!cursor.isFinished());
    return new ArrayList<>(ids);
  }

  /** What is no hash counts as one that is corrupt, and as such is listed. */
  private static boolean hasCheckpoint(SharedConnection link, String key)
      throws CheckpointException {
    try {
      return link.call(WHAT, commands -> commands.hexists(key, "checkpoint"));
    } catch (CheckpointException e) {
      if (e.kind() == Kind.CORRUPT) {
        return true;
      }
      throw e;
    }
  }
}
