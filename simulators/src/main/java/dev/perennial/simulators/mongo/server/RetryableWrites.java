package dev.perennial.simulators.mongo.server;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * The replies to retryable writes, so that a retried write is not run twice. Guarded by the replica
 * set's lock.
 */
public final class RetryableWrites {

  private static final int SESSIONS = 1_000;

  private record Answered(long transaction, BsonDocument answer) {}

  private final Map<BsonDocument, Answered> last =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<BsonDocument, Answered> eldest) {
          return size() > SESSIONS;
        }
      };

  public @Nullable BsonDocument answer(BsonDocument command) {
    BsonValue number = command.get("txnNumber");
    if (number == null || !command.isDocument("lsid")) {
      return null;
    }
    Answered answered = last.get(command.getDocument("lsid"));
    return answered != null && answered.transaction() == number.asNumber().longValue()
        ? answered.answer()
        : null;
  }

  public void keep(BsonDocument command, BsonDocument answer) {
    BsonValue number = command.get("txnNumber");
    if (number != null && command.isDocument("lsid")) {
      last.put(command.getDocument("lsid"), new Answered(number.asNumber().longValue(), answer));
    }
  }
}
