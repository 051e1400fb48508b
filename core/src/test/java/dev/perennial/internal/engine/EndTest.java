package dev.perennial.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.perennial.Batch;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamEndedException;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.StubServerSource;
import dev.perennial.TestPosition;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import java.io.EOFException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The end of a server-tracked stream: its connection stays open for acks")
class EndTest {

  private int ends;

  private final StubServerSource source = new StubServerSource(this::oneEventAndTheEnd);

  /** Returns a receiver of one event and then the end. */
  private StubServerSource.Receiver oneEventAndTheEnd() {
    AtomicBoolean given = new AtomicBoolean();
    return () -> {
      if (given.compareAndSet(false, true)) {
        return Received.event("event", new TestPosition(1));
      }
      ends++;
      if (ends > 100) {
        throw new EOFException("asked too often");
      }
      return Received.end();
    };
  }

  private final List<StreamState> states = new ArrayList<>();
  private final EventStream<String> stream =
      EventStream.from(source)
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
  @DisplayName("a poll that reaches the end returns its events, and the end is reported once")
  void poll() throws Exception {
    Batch<String> batch = stream.poll(10, Duration.ofSeconds(1));
    assertThat(batch.deliveries()).extracting(Delivery::event).containsExactly("event");
    assertThatExceptionOfType(StreamEndedException.class)
        .isThrownBy(() -> stream.poll(10, Duration.ofSeconds(1)));
    assertThat(states).filteredOn(StreamState.ENDED::equals).hasSize(1);
    assertThat(ends).isEqualTo(1);
    batch.ack();
    assertThat(source.acknowledged()).containsExactly(1L);
    stream.close();
  }

  @Test
  @DisplayName("a nacked event is delivered again after the end, and the source is not called")
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
