package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.CloseReport;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamClosedException;
import dev.perennial.StreamState;
import dev.perennial.port.AckingConnection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Received;
import dev.perennial.port.ServerTrackedSource;
import dev.perennial.port.SourceBinding;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedServerPosition;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.SimulatedThread;
import dev.perennial.testkit.VirtualRuntime;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A connection whose unsent() throws does not end the stream and does not stop a close")
class UnsentFailureTest {

  private static final Duration SOON = Duration.ofMillis(50);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final ScriptedServerSource<String> source = new ScriptedServerSource<>(runtime);

  /** A scripted source whose connections throw from {@code unsent}. */
  private record Uncounted(ScriptedServerSource<String> source)
      implements ServerTrackedSource<String, ScriptedServerPosition> {

    @Override
    public AckingConnection<String, ScriptedServerPosition> connect() throws Exception {
      AckingConnection<String, ScriptedServerPosition> connection = source.connect();
      return new AckingConnection<>() {
        @Override
        public void acknowledge(ScriptedServerPosition position) {
          connection.acknowledge(position);
        }

        @Override
        public int unsent() {
          throw new IllegalStateException("cannot count");
        }

        @Override
        public @Nullable Received<String, ScriptedServerPosition> receive(Duration timeout)
            throws Exception {
          return connection.receive(timeout);
        }

        @Override
        public void wakeUp() {
          connection.wakeUp();
        }

        @Override
        public void close(Duration flush) throws IOException, InterruptedException {
          connection.close(flush);
        }
      };
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
    public void close() throws IOException {
      source.close();
    }
  }

  private EventStream<String> open() {
    return EventStream.from(new Uncounted(source)).runtime(runtime).open();
  }

  private Duration timeOfClosing(EventStream<String> stream) {
    Duration before = runtime.elapsed();
    stream.close(TIMEOUT);
    return runtime.elapsed().minus(before);
  }

  @Test
  @DisplayName("close returns its report and closes the source")
  void closes() {
    source.connects(c -> c.event(1, "a"));
    runtime.run(() -> {
      EventStream<String> stream = open();
      stream.next().ack();
      CloseReport report = stream.close(TIMEOUT);
      assertThat(report.unacked()).isZero();
      assertThat(report.unsent()).isZero();
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
      assertThat(source.isClosed()).isTrue();
      assertThat(timeOfClosing(stream)).isLessThan(SOON);
    });
  }

  @Test
  @DisplayName("the pulling thread that close did not wait for closes the source")
  void abandoned() {
    source.connects(c -> c.ignoresWakeUp().hang(Duration.ofSeconds(20)));
    runtime.run(() -> {
      EventStream<String> stream = open();
      SimulatedThread puller =
          runtime.spawn(
              "puller",
              () ->
                  assertThatThrownBy(() -> stream.next(Duration.ofSeconds(30)))
                      .isInstanceOf(StreamClosedException.class));
      runtime.sleep(Duration.ofSeconds(1));
      stream.close(Duration.ZERO);
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
      puller.join();
      assertThat(source.isClosed()).isTrue();
      assertThat(source.hasOpenConnection()).isFalse();
    });
  }

  @Test
  @DisplayName("the stream reconnects after a loss")
  void lost() {
    source
        .connects(c -> c.event(1, "a").lose(ScriptedFailure.retry("cut")))
        .connects(c -> c.event(2, "b"));
    runtime.run(() -> {
      EventStream<String> stream = open();
      stream.next().ack();
      Delivery<String> b = stream.next();
      assertThat(b.event()).isEqualTo("b");
      stream.close();
    });
  }
}
