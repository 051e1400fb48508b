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

/** A scripted source whose calls are watched. */
final class WatchedClientSource implements ClientTrackedSource<Object, ScriptedPosition> {

  private final ScriptedClientSource<Object> source;
  private final ConnectionChecks<ScriptedPosition> watch;
  private final InvariantChecks invariants;
  private final DeliveryChecks deliveryChecks;
  private final MemoryShortages shortages;
  private final Runnable beforeConnect;

  WatchedClientSource(
      ScriptedClientSource<Object> source,
      ConnectionChecks<ScriptedPosition> watch,
      InvariantChecks invariants,
      DeliveryChecks deliveryChecks,
      MemoryShortages shortages,
      Runnable beforeConnect) {
    this.source = source;
    this.watch = watch;
    this.invariants = invariants;
    this.deliveryChecks = deliveryChecks;
    this.shortages = shortages;
    this.beforeConnect = beforeConnect;
  }

  @Override
  public Optional<ScriptedPosition> start() throws Exception {
    try {
      Optional<ScriptedPosition> start = source.start();
      watch.movedTo(start.orElse(null));
      return start;
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      watch.failed();
      throw e;
    }
  }

  @Override
  public Connection<Object, ScriptedPosition> connect(Optional<ScriptedPosition> after)
      throws Exception {
    invariants.require(
        after.equals(watch.last()),
        "it connects after %s, but the last position was %s",
        after,
        watch.last());
    beforeConnect.run();
    watch.connecting();
    try {
      Connection<Object, ScriptedPosition> connection = source.connect(after);
      watch.connected();
      return new WatchedConnection<>(connection, watch, shortages);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      watch.failed();
      throw e;
    }
  }

  @Override
  public Recovery<Object, ScriptedPosition> recover(ScriptedPosition lost, Throwable cause)
      throws Exception {
    invariants.require(
        watch.last().equals(Optional.of(lost)),
        "%s is said to be lost, but %s is",
        lost,
        watch.last());
    watch.recovering();
    Recovery<Object, ScriptedPosition> recovery;
    try {
      recovery = source.recover(lost, cause);
    } catch (InterruptedException e) {
      watch.notRecovered();
      throw e;
    } catch (Exception e) {
      watch.notRecovered();
      watch.failed();
      throw e;
    }
    if (recovery instanceof Recovery.Restart<Object, ScriptedPosition> restart) {
      watch.movedTo(restart.from());
      invariants.count(
          "restart " + (restart.notice().isPresent() ? "with notice" : "without notice"));
      restart.notice().ifPresent(deliveryChecks::received);
    }
    return recovery;
  }

  @Override
  public Checkpoint encode(ScriptedPosition position) {
    shortages.strike("encode");
    return source.encode(position);
  }

  @Override
  public ScriptedPosition decode(Checkpoint saved) throws CheckpointException {
    ScriptedPosition position = source.decode(saved);
    watch.movedTo(position);
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
