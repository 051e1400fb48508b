package dev.perennial.simulators.mongo.server;

import dev.perennial.simulators.mongo.query.BsonValues;
import dev.perennial.simulators.mongo.wire.ClientConnection;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.Request;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.bson.BsonDocument;

/**
 * A command that is being run. Its methods are called with the replica set's lock held.
 *
 * @param member the member that received it
 * @param connection the connection on which it came
 */
public record Call(ReplicaSet set, Member member, ClientConnection connection, Request request) {

  /** Refuses a command that only the primary runs. */
  public void requirePrimary() {
    if (!isOnPrimary()) {
      throw new CommandError(10107, "not primary");
    }
  }

  /** Refuses a read on a secondary unless the client allows it. */
  public void requireReadable() {
    if (isOnPrimary()) {
      return;
    }
    BsonDocument preference = request.command().getDocument("$readPreference", new BsonDocument());
    String mode = BsonValues.text(preference, "mode");
    if (mode == null || mode.equals("primary")) {
      throw new CommandError(13435, "not primary and secondaryOk=false");
    }
  }

  private boolean isOnPrimary() {
    return !set.settings().isReplicaSet() || set.election().primary() == member.index();
  }

  /**
   * Waits until a condition is met or the time is over.
   *
   * @return whether the condition is met
   * @throws IOException if the connection or its member ended meanwhile
   */
  public boolean await(long nanos, BooleanSupplier condition) throws IOException {
    try {
      boolean met = set.lock().await(nanos, () -> isClosed() || condition.getAsBoolean());
      if (isClosed()) {
        throw new IOException("The connection is closed.");
      }
      return met;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted.", e);
    }
  }

  private boolean isClosed() {
    return set.isClosed() || connection.isClosed();
  }

  public boolean awaitMillis(long millis, BooleanSupplier condition) throws IOException {
    return await(TimeUnit.MILLISECONDS.toNanos(millis), condition);
  }
}
