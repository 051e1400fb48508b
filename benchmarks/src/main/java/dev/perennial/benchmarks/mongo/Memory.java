package dev.perennial.benchmarks.mongo;

import java.util.concurrent.atomic.AtomicReference;
import org.bson.BsonDocument;

/**
 * Remembers how far a loop got, as an application that cares would: the token of every thousandth
 * event, as text, in memory. As often as a stream saves its checkpoint.
 */
final class Memory {

  private static final int EVERY = 1_000;

  private final AtomicReference<String> saved = new AtomicReference<>("");
  private int since;

  void handled(BsonDocument token) {
    if (++since == EVERY) {
      since = 0;
      saved.set(token.getString("_data").getValue());
    }
  }

  /** What was saved last; empty if nothing was. */
  String saved() {
    return saved.get();
  }
}
