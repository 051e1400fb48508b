package dev.perennial.simulators.mongo;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.bson.BsonDocument;

/**
 * A command that is being run.
 *
 * @param connection on which it came
 */
record Call(ReplicaSet set, Member member, ClientConnection connection, Request request) {

  /** Refuses what changes something on any other member than the primary. */
  void requirePrimary() {
    if (!isOnPrimary()) {
      throw new CommandError(10107, "not primary");
    }
  }

  /** Lets a secondary read only for clients that allow it. */
  void requireReadable() {
    if (isOnPrimary()) {
      return;
    }
    BsonDocument preference = request.command().getDocument("$readPreference", new BsonDocument());
    String mode = Values.text(preference, "mode");
    if (mode == null || mode.equals("primary")) {
      throw new CommandError(13435, "not primary and secondaryOk=false");
    }
  }

  private boolean isOnPrimary() {
    return set.settings().standalone() || set.election().primary() == member.index();
  }

  /**
   * Waits, with the lock held, until a condition is met or the time is over.
   *
   * @return whether the condition is met
   * @throws IOException if the connection or its member ended meanwhile
   */
  boolean await(long nanos, BooleanSupplier condition) throws IOException {
    long left = nanos;
    while (true) {
      if (set.isClosed() || connection.isClosed()) {
        throw new IOException("The connection is closed.");
      }
      if (condition.getAsBoolean()) {
        return true;
      }
      if (left <= 0) {
        return false;
      }
      try {
        left = set.changed.awaitNanos(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("Interrupted.", e);
      }
    }
  }

  boolean awaitMillis(long millis, BooleanSupplier condition) throws IOException {
    return await(TimeUnit.MILLISECONDS.toNanos(millis), condition);
  }
}
