package dev.perennial.testkit.simulation;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.ServerTrackedSource;
import dev.perennial.port.SourceBinding;
import dev.perennial.testkit.ScriptedServerPosition;
import dev.perennial.testkit.ScriptedServerSource;
import java.io.IOException;
import java.time.Duration;

/** A scripted server-tracked source that reports its calls to {@link ConnectionChecks}. */
record WatchedServerSource(
    ScriptedServerSource<Object> source,
    ConnectionChecks<ScriptedServerPosition> connectionChecks,
    MemoryShortages shortages)
    implements ServerTrackedSource<Object, ScriptedServerPosition> {

  @Override
  public AckingConnection<Object, ScriptedServerPosition> connect() throws Exception {
    connectionChecks.connecting();
    try {
      AckingConnection<Object, ScriptedServerPosition> connection = source.connect();
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
  public Duration redeliveryHorizon() {
    return source.redeliveryHorizon();
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
