package dev.perennial.simulators.mongo.storage;

import java.time.InstantSource;
import org.bson.BsonTimestamp;

/** The logical time of the cluster: seconds, and a count within each. Guarded by the lock. */
public final class ClusterClock {

  private final InstantSource source;
  private BsonTimestamp now;

  public ClusterClock(InstantSource source) {
    this.source = source;
    this.now = new BsonTimestamp(seconds(), 0);
  }

  public BsonTimestamp now() {
    return now;
  }

  public long millis() {
    return source.millis();
  }

  BsonTimestamp tick() {
    int seconds = seconds();
    now =
        Integer.compareUnsigned(seconds, now.getTime()) > 0
            ? new BsonTimestamp(seconds, 1)
            : plusOne(now);
    return now;
  }

  public static BsonTimestamp plusOne(BsonTimestamp time) {
    return new BsonTimestamp(time.getValue() + 1);
  }

  private int seconds() {
    return (int) (source.millis() / 1000);
  }
}
