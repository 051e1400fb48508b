package dev.perennial.source.tap;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A Tap whose database a test has filled: a real one or a simulated one. */
interface TapUnderTest extends AutoCloseable {

  /**
   * How a Tap is started.
   *
   * @param password its admin password, if it has one
   * @param retryTimeout how long it waits before it sends an unacked event again
   * @param acks whether it waits for acks
   * @param webhook whether it posts its events instead
   */
  record Setup(@Nullable String password, Duration retryTimeout, boolean acks, boolean webhook) {

    static final Setup PATIENT = new Setup(null, Duration.ofMinutes(10), true, false);

    Setup withPassword(String password) {
      return new Setup(password, retryTimeout, acks, webhook);
    }

    Setup withRetryTimeout(Duration retryTimeout) {
      return new Setup(password, retryTimeout, acks, webhook);
    }

    Setup withoutAcks() {
      return new Setup(password, retryTimeout, false, webhook);
    }

    Setup withWebhook() {
      return new Setup(password, retryTimeout, acks, true);
    }
  }

  /** Host and port, the same after each start. */
  String address();

  /**
   * An event in the outbox.
   *
   * @param message what is sent, which is not looked at
   */
  record Row(long id, String did, boolean live, String message) {}

  /** Puts events into the outbox of a Tap that is not running. */
  void put(List<Row> rows) throws Exception;

  /** Puts an event into the outbox of a Tap that is not running. */
  default void put(long id, String did, boolean live, String message) throws Exception {
    put(List.of(new Row(id, did, live, message)));
  }

  /** How many events the outbox of a Tap that is not running holds. */
  int outbox() throws Exception;

  /** Starts it; it can be reached when this returns. */
  void start() throws Exception;

  /** Ends it as SIGTERM does. */
  void stop() throws Exception;

  /** Ends it as SIGKILL does. */
  void kill() throws Exception;

  @Override
  void close() throws Exception;
}
