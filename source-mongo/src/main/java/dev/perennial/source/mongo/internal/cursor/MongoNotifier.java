package dev.perennial.source.mongo.internal.cursor;

import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.internal.position.ClusterTime;
import java.util.function.Consumer;
import org.bson.BsonTimestamp;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notifies the application's listener of what happens, and logs what the listener throws and what
 * nobody decides about.
 *
 * @param stream what is watched, and where, for the log
 */
public record MongoNotifier(MongoListener listener, String stream) {

  /**
   * The logger of the whole source: the public type that applications know. By its name, because
   * what is inside the source does not depend on that type.
   */
  public static final String LOGGER = "dev.perennial.source.mongo.MongoSource";

  private static final Logger LOG = LoggerFactory.getLogger(LOGGER);

  public void notifyListener(Consumer<MongoListener> what) {
    try {
      what.accept(listener);
    } catch (Throwable e) {
      LOG.warn("{}: a MongoListener failed, which changes nothing for the stream", stream, e);
    }
  }

  /** The driver has bridged an outage by itself. */
  void driverReopened(int resumes, long millis) {
    LOG.info(
        "{}: the driver reopened the change stream by itself, at attempt {}, {} ms after it was lost;"
            + " nothing is lost or repeated",
        stream,
        resumes,
        millis);
  }

  /** A start has not come yet. */
  public void startsInFuture(BsonTimestamp start, BsonTimestamp serverTime) {
    LOG.warn(
        "{}: the start {} is ahead of the server's time, {}: the stream waits for it and does not deliver"
            + " what happens until then. If that is not meant, give an earlier start",
        stream,
        ClusterTime.instant(start),
        ClusterTime.instant(serverTime));
    notifyListener(l -> l.onStartInFuture(new ListenerEvents.StartInFuture(start, serverTime)));
  }
}
