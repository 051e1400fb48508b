package dev.perennial.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.perennial.Batch;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamEndedException;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.TestPosition;
import dev.perennial.port.AckingConnection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import dev.perennial.port.ServerTrackedSource;
import dev.perennial.port.SourceBinding;
import dev.perennial.port.support.ErrorClassifiers;
import java.io.EOFException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The end of a server-tracked stream, whose connection stays open for acks")
class EndTest {

  private final List<Long> acknowledged = new ArrayList<>();
  private int ends;

  /** Gives one event and then the end, however often it is asked. */
  private final class Ending implements ServerTrackedSource<String, TestPosition> {
    private final SourceBinding binding = new SourceBinding();

    @Override
    public AckingConnection<String, TestPosition> connect() {
      return new AckingConnection<>() {
        private boolean given;

        @Override
        public Received<String, TestPosition> receive(Duration timeout) throws EOFException {
          if (given) {
            ends++;
            if (ends > 100) {
              throw new EOFException("asked too often");
            }
            return Received.end();
          }
          given = true;
          return Received.event("event", new TestPosition(1));
        }

        @Override
        public void acknowledge(TestPosition position) {
          acknowledged.add(position.id());
        }

        @Override
        public int unsent() {
          return 0;
        }

        @Override
        public void close(Duration flush) {}
      };
    }

    @Override
    public Duration redeliveryHorizon() {
      return Duration.ZERO;
    }

    @Override
    public SourceBinding binding() {
      return binding;
    }

    @Override
    public String name() {
      return "test";
    }

    @Override
    public ErrorClassifier errors() {
      return ErrorClassifiers.network();
    }
  }

  private final List<StreamState> states = new ArrayList<>();
  private final EventStream<String> stream =
      EventStream.from(new Ending())
          .runtime(new ManualRuntime())
          .listener(
              new StreamListener() {
                @Override
                public void onTransition(Transition transition) {
                  states.add(transition.to());
                }
              })
          .open();

  @Test
  @DisplayName("a poll that runs into it gives what it holds, and the end is told once")
  void poll() throws Exception {
    Batch<String> batch = stream.poll(10, Duration.ofSeconds(1));
    assertThat(batch.deliveries()).extracting(Delivery::event).containsExactly("event");
    assertThatExceptionOfType(StreamEndedException.class)
        .isThrownBy(() -> stream.poll(10, Duration.ofSeconds(1)));
    assertThat(states).filteredOn(StreamState.ENDED::equals).hasSize(1);
    assertThat(ends).isEqualTo(1);
    batch.ack();
    assertThat(acknowledged).containsExactly(1L);
    stream.close();
  }

  @Test
  @DisplayName("what was nacked comes again after it, and nothing is received meanwhile")
  void nacked() throws Exception {
    Delivery<String> first = stream.next();
    assertThatExceptionOfType(StreamEndedException.class).isThrownBy(stream::next);
    assertThat(first.nack()).isTrue();
    Batch<String> again = stream.poll(10, Duration.ofSeconds(1));
    assertThat(again.deliveries()).extracting(Delivery::attempt).containsExactly(2);
    assertThat(ends).isEqualTo(1);
    stream.close();
  }
}
