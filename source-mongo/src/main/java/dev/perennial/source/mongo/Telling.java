package dev.perennial.source.mongo;

import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the application's listener what happens, and logs what that throws and what nobody is asked
 * about.
 *
 * @param stream what is watched, and where, for the log
 */
record Telling(MongoListener listener, String stream) {

  private static final Logger LOG = LoggerFactory.getLogger(MongoSource.class);

  void tell(Consumer<MongoListener> what) {
    try {
      what.accept(listener);
    } catch (Throwable e) {
      LOG.warn("{}: a MongoListener failed, which changes nothing for the stream", stream, e);
    }
  }

  /** The driver has bridged an outage by itself. */
  void bridged(int resumes, long millis) {
    LOG.info(
        "{}: the driver reopened the change stream by itself, at attempt {}, {} ms after it was lost;"
            + " nothing is lost or repeated",
        stream,
        resumes,
        millis);
  }

  /** A start has not come yet. */
  void startsInFuture(MongoListener.StartInFuture ahead) {
    LOG.warn(
        "{}: the start {} is ahead of the server's time, {}: the stream waits for it and does not deliver"
            + " what happens until then. If that is not meant, give an earlier start",
        stream,
        ClusterTime.instant(ahead.start()),
        ClusterTime.instant(ahead.serverTime()));
    tell(l -> l.onStartInFuture(ahead));
  }
}
