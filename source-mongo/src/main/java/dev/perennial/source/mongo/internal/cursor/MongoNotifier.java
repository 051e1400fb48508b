package dev.perennial.source.mongo.internal.cursor;

import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.internal.position.ClusterTime;
import java.util.function.Consumer;
import org.bson.BsonTimestamp;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A notifier that calls the application's listener, logs what the listener throws, and logs events
 * that need no decision.
 *
 * @param stream the scope and the hosts, for the log
 */
public record MongoNotifier(MongoListener listener, String stream) {

  /**
   * The logger of the whole source, named after the public type that applications know. It is a
   * string because internal packages do not depend on that type.
   */
  public static final String LOGGER = "dev.perennial.source.mongo.MongoSource";

  private static final Logger LOG = LoggerFactory.getLogger(LOGGER);

  public void notifyListener(Consumer<MongoListener> what) {
    try {
      what.accept(listener);
    } catch (Throwable e) {
      LOG.warn("{}: a MongoListener threw an error; the stream continues", stream, e);
    }
  }

  /** Logs and reports a start that lies in the future. */
  public void startsInFuture(BsonTimestamp start, BsonTimestamp serverTime) {
    LOG.warn(
        "{}: the start {} is later than the server's time {}, so the stream does not deliver changes before"
            + " that start. Set an earlier start if this is not intended.",
        stream,
        ClusterTime.instant(start),
        ClusterTime.instant(serverTime));
    notifyListener(l -> l.onStartInFuture(new ListenerEvents.StartInFuture(start, serverTime)));
  }
}
