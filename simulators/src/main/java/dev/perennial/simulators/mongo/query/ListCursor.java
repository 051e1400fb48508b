package dev.perennial.simulators.mongo.query;

import dev.perennial.simulators.mongo.wire.BsonBytes;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonDocument;

/** The cursor of a query, whose results were all read when it was opened. */
public final class ListCursor implements ServerCursor {

  private final Key key;
  private final String namespace;
  private final List<BsonDocument> results;
  private int at;

  public ListCursor(Key key, String namespace, List<BsonDocument> results) {
    this.key = key;
    this.namespace = namespace;
    this.results = results;
  }

  @Override
  public Key key() {
    return key;
  }

  @Override
  public String namespace() {
    return namespace;
  }

  @Override
  public boolean waits() {
    return false;
  }

  @Override
  public List<byte[]> next(int limit) {
    List<byte[]> batch = new ArrayList<>();
    long size = 0;
    while (at < results.size() && batch.size() < limit) {
      byte[] bytes = BsonBytes.encode(results.get(at));
      size += bytes.length;
      if (!batch.isEmpty() && size > MAX_BATCH_BYTES) {
        break;
      }
      batch.add(bytes);
      at++;
    }
    return batch;
  }

  @Override
  public BsonDocument postBatchToken() {
    return new BsonDocument();
  }

  @Override
  public boolean ended() {
    return at >= results.size();
  }
}
