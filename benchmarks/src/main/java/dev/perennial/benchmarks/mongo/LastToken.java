package dev.perennial.benchmarks.mongo;

import java.util.concurrent.atomic.AtomicReference;
import org.bson.BsonDocument;

/**
 * The resume token that an application without Perennial saves, as text, in memory. As often as a
 * stream saves its checkpoint.
 */
final class LastToken {

  private static final int EVERY = 1_000;

  private final AtomicReference<String> saved = new AtomicReference<>("");
  private int since;

  void handled(BsonDocument token) {
    if (++since == EVERY) {
      since = 0;
      saved.set(token.getString("_data").getValue());
    }
  }
}
