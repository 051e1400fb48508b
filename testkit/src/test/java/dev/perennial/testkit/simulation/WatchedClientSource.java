package dev.perennial.testkit.simulation;

import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Connection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Recovery;
import dev.perennial.port.SourceBinding;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedPosition;
import java.io.IOException;
import java.util.Optional;

/** A scripted client-tracked source that reports its calls to {@link ConnectionChecks}. */
final class WatchedClientSource implements ClientTrackedSource<Object, ScriptedPosition> {

  private final ScriptedClientSource<Object> source;
  private final ConnectionChecks<ScriptedPosition> connectionChecks;
  private final InvariantChecks invariants;
  private final DeliveryChecks deliveryChecks;
  private final MemoryShortages shortages;
  private final Runnable beforeConnect;

  WatchedClientSource(
      ScriptedClientSource<Object> source,
      ConnectionChecks<ScriptedPosition> connectionChecks,
      InvariantChecks invariants,
      DeliveryChecks deliveryChecks,
      MemoryShortages shortages,
      Runnable beforeConnect) {
    this.source = source;
    this.connectionChecks = connectionChecks;
    this.invariants = invariants;
    this.deliveryChecks = deliveryChecks;
    this.shortages = shortages;
    this.beforeConnect = beforeConnect;
  }

  @Override
  public Optional<ScriptedPosition> start() throws Exception {
    try {
      Optional<ScriptedPosition> start = source.start();
      connectionChecks.movedTo(start.orElse(null));
      return start;
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      connectionChecks.failed();
      throw e;
    }
  }

  @Override
  public Connection<Object, ScriptedPosition> connect(Optional<ScriptedPosition> after)
      throws Exception {
    invariants.require(
        after.equals(connectionChecks.last()),
        "the stream connects after %s, but the last position was %s",
        after,
        connectionChecks.last());
    beforeConnect.run();
    connectionChecks.connecting();
    try {
      Connection<Object, ScriptedPosition> connection = source.connect(after);
      connectionChecks.connected();
      return new WatchedConnection<>(connection, connectionChecks, shortages);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      connectionChecks.failed();
      throw e;
    }
  }

  @Override
  public Recovery<Object, ScriptedPosition> recover(ScriptedPosition lost, Throwable cause)
      throws Exception {
    invariants.require(
        connectionChecks.last().equals(Optional.of(lost)),
        "recover() was called for %s, but the lost position is %s",
        lost,
        connectionChecks.last());
    connectionChecks.recovering();
    Recovery<Object, ScriptedPosition> recovery;
    try {
      recovery = source.recover(lost, cause);
    } catch (InterruptedException e) {
      connectionChecks.notRecovered();
      throw e;
    } catch (Exception e) {
      connectionChecks.notRecovered();
      connectionChecks.failed();
      throw e;
    }
    if (recovery instanceof Recovery.Restart<Object, ScriptedPosition> restart) {
      connectionChecks.movedTo(restart.from());
      invariants.count(
          "restart " + (restart.notice().isPresent() ? "with notice" : "without notice"));
      restart.notice().ifPresent(deliveryChecks::received);
    }
    return recovery;
  }

  @Override
  public Checkpoint encode(ScriptedPosition position) {
    shortages.maybeThrow("encode");
    return source.encode(position);
  }

  @Override
  public ScriptedPosition decode(Checkpoint saved) throws CheckpointException {
    ScriptedPosition position = source.decode(saved);
    connectionChecks.movedTo(position);
    return position;
  }

  @Override
  public SourceBinding binding() {
    return source.binding();
  }

  @Override
  public String name() {
    return source.name();
  }

  @Override
  public ErrorClassifier errors() {
    return source.errors();
  }

  @Override
  public BackoffPolicy backoff() {
    return source.backoff();
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
