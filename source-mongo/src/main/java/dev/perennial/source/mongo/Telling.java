package dev.perennial.source.mongo;

import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the application's listener what happens, and logs what that throws. */
record Telling(MongoListener listener) {

  private static final Logger LOG = LoggerFactory.getLogger(MongoSource.class);

  void tell(Consumer<MongoListener> what) {
    try {
      what.accept(listener);
    } catch (Throwable e) {
      LOG.warn("a MongoListener failed, which changes nothing for the stream", e);
    }
  }
}
