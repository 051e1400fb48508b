package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.AckMode;
import dev.perennial.Batch;
import dev.perennial.Checkpoints;
import dev.perennial.CloseReport;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamEndedException;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.ScriptedServerSource.Ack;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Invariant 1: no event counts as done before the application acked it")
class AckTest {

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final ScriptedServerSource<String> source =
      new ScriptedServerSource<String>(runtime)
          .connects(c -> c.event(1, "a").event(2, "b").event(3, "c"));

  private EventStream<String> open() {
    return EventStream.from(source).runtime(runtime).open();
  }

  @Test
  @DisplayName(
      "an event is acknowledged to the server when it is acked, and not when it is delivered")
  void explicit() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      Delivery<String> a = stream.next();
      Delivery<String> b = stream.next();
      assertThat(source.acks()).isEmpty();

      assertThat(b.ack()).isTrue();
      assertThat(source.acks()).containsExactly(new Ack(1, 2));
      assertThat(a.ack()).isTrue();
      assertThat(source.acks()).containsExactly(new Ack(1, 2), new Ack(1, 1));

      assertThat(stream.stats().received()).isEqualTo(2);
      assertThat(stream.stats().acked()).isEqualTo(2);
      assertThat(stream.stats().unacked()).isZero();
    });
  }

  @Test
  @DisplayName("a delivery is settled once, by the first call")
  void once() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      Delivery<String> a = stream.next();
      assertThat(a.ack()).isTrue();
      assertThat(a.ack()).isFalse();
      assertThat(a.nack()).isFalse();
      assertThat(source.acks()).containsExactly(new Ack(1, 1));

      Delivery<String> b = stream.next();
      assertThat(b.nack()).isTrue();
      assertThat(b.ack()).isFalse();
      assertThat(source.acks()).containsExactly(new Ack(1, 1));
    });
  }

  @Test
  @DisplayName("nacked events are delivered again before new ones, in order, with the next attempt")
  void nack() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      Delivery<String> a = stream.next();
      Delivery<String> b = stream.next();
      b.nack();
      a.nack();

      Delivery<String> again = stream.next();
      assertThat(again.event()).isEqualTo("a");
      assertThat(again.attempt()).isEqualTo(2);
      assertThat(stream.next().event()).isEqualTo("b");
      assertThat(stream.next().event()).isEqualTo("c");

      again.nack();
      Delivery<String> third = stream.next();
      assertThat(third.attempt()).isEqualTo(3);
      assertThat(third.ack()).isTrue();
      assertThat(source.acks()).containsExactly(new Ack(1, 1));
    });
  }

  @Test
  @DisplayName("a nack by another thread wakes a stream that waits for an event")
  void nackWakes() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      Delivery<String> a = stream.next();
      stream.next().ack();
      stream.next().ack();
      Duration before = runtime.elapsed();
      runtime.spawn(
          "worker",
          () -> {
            runtime.sleep(Duration.ofMillis(10));
            a.nack();
          });
      assertThat(stream.next().event()).isEqualTo("a");
      assertThat(runtime.elapsed().minus(before)).isLessThan(Duration.ofMillis(100));
    });
  }

  @Test
  @DisplayName("consume acks an event after its handler has returned")
  void consume() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      List<Integer> acksSeen = new ArrayList<>();
      stream.consume(delivery -> {
        acksSeen.add(source.acks().size());
        if (delivery.event().equals("c")) {
          delivery.ack();
          stream.close();
        }
      });
      assertThat(acksSeen).containsExactly(0, 1, 2);
      assertThat(source.acks()).hasSize(3);
      assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
    });
  }

  @Test
  @DisplayName("a handler that throws anything fails the stream and leaves the event unacked")
  void handlerThrows() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      Error error = new AssertionError("no room for b");
      assertThatThrownBy(() ->
              stream.consume(delivery -> {
                if (delivery.event().equals("b")) {
                  throw error;
                }
              }))
          .isInstanceOfSatisfying(
              StreamFailedException.class,
              failure -> {
                assertThat(failure.reason().tag()).isEqualTo("handler");
                assertThat(failure).hasCause(error).hasMessageContaining("unacked");
              });
      assertThat(source.acks()).containsExactly(new Ack(1, 1));
      assertThat(stream.state()).isEqualTo(StreamState.FAILED);
      assertThatThrownBy(stream::next).isInstanceOf(StreamFailedException.class).hasCause(error);
      assertThat(stream.close(Duration.ofSeconds(5)).unacked()).isEqualTo(1);
    });
  }

  @Test
  @DisplayName("a StreamClosedException of another stream in the handler fails the stream")
  void handlerThrowsForeignEnd() {
    runtime.run(() -> {
      EventStream<String> other =
          EventStream.from(new ScriptedServerSource<String>(runtime)).runtime(runtime).open();
      other.close();
      EventStream<String> stream = open();
      assertThatThrownBy(() -> stream.consume(delivery -> other.next()))
          .isInstanceOf(StreamFailedException.class);
      assertThat(source.acks()).isEmpty();
    });
  }

  @Test
  @DisplayName(
      "the event of an interrupted handler is delivered again, and the stream stays usable")
  void handlerInterrupted() {
    runtime.run(() -> {
      EventStream<String> stream = open();
      assertThatThrownBy(() ->
              stream.consume(delivery -> {
                throw new InterruptedException("shutting down");
              }))
          .isInstanceOf(InterruptedException.class);
      Delivery<String> again = stream.next();
      assertThat(again.event()).isEqualTo("a");
      assertThat(again.attempt()).isEqualTo(2);
    });
  }

  @Test
  @DisplayName("the mode ON_RECEIPT acks an event before it is delivered")
  void onReceipt() {
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source).acks(AckMode.ON_RECEIPT).runtime(runtime).open();
      Delivery<String> a = stream.next();
      assertThat(source.acks()).containsExactly(new Ack(1, 1));
      assertThat(a.ack()).isFalse();
      Batch<String> rest = stream.poll(10, Duration.ofSeconds(1));
      assertThat(rest.size()).isEqualTo(2);
      assertThat(source.acks()).hasSize(3);
      assertThatThrownBy(() -> stream.consume(delivery -> {}))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("EXPLICIT");
    });
  }

  @Test
  @DisplayName("the mode NEVER delivers everything as received, and acks nothing")
  void never() {
    runtime.run(() -> {
      ScriptedServerSource<String> repeating =
          new ScriptedServerSource<String>(runtime)
              .connects(c -> c.event(1, "a").event(1, "a").event(2, "b"));
      EventStream<String> stream =
          EventStream.from(repeating).acks(AckMode.NEVER).window(1).runtime(runtime).open();
      for (String expected : List.of("a", "a", "b")) {
        Delivery<String> delivery = stream.next();
        assertThat(delivery.event()).isEqualTo(expected);
        assertThat(delivery.ack()).isFalse();
        assertThat(delivery.nack()).isFalse();
      }
      assertThat(repeating.acks()).isEmpty();
      assertThat(stream.stats().unacked()).isZero();
    });
  }

  @Test
  @DisplayName("an ack after close does not count, returns false, and is reported to the listener")
  void tooLate() {
    runtime.run(() -> {
      List<String> late = new ArrayList<>();
      EventStream<String> stream =
          EventStream.from(source)
              .runtime(runtime)
              .listener(
                  new StreamListener() {
                    @Override
                    public void onLateAck(LateAck ack) {
                      late.add(ack.position().toString());
                    }
                  })
              .open();
      Delivery<String> a = stream.next();
      CloseReport report = stream.close(Duration.ofSeconds(5));
      assertThat(report.unacked()).isEqualTo(1);
      assertThat(report.oldestUnacked()).contains(a.position());
      assertThat(a.ack()).isFalse();
      assertThat(a.nack()).isFalse();
      assertThat(late).hasSize(1);
      assertThat(source.acks()).isEmpty();
    });
  }

  @Test
  @DisplayName("an ack without a live connection is sent when the event is redelivered")
  void marksWhileDisconnected() {
    runtime.run(() -> {
      ScriptedServerSource<String> cut =
          new ScriptedServerSource<String>(runtime)
              .connects(c -> c.event(1, "a").lose(ScriptedFailure.retry("cut")))
              .connects(c -> c.event(1, "a").event(2, "b"));
      EventStream<String> stream = EventStream.from(cut).runtime(runtime).open();
      Delivery<String> a = stream.next();
      assertThat(stream.next(Duration.ofMillis(1))).isEmpty();
      assertThat(stream.state()).isEqualTo(StreamState.BACKING_OFF);
      assertThat(a.ack()).isTrue();
      assertThat(cut.acks()).isEmpty();

      assertThat(stream.next().event()).isEqualTo("b");
      assertThat(cut.acks()).containsExactly(new Ack(2, 1));
    });
  }

  @Test
  @DisplayName("a client-tracked stream without a store accepts acks")
  void clientTracked() {
    runtime.run(() -> {
      ScriptedClientSource<String> client =
          new ScriptedClientSource<String>(runtime).connects(c -> c.event(1, "a").end());
      EventStream<String> stream =
          EventStream.from(client, Checkpoints.none()).runtime(runtime).open();
      assertThat(stream.next().ack()).isTrue();
      assertThat(stream.close(Duration.ofSeconds(5)).checkpoint())
          .isEqualTo(CloseReport.CheckpointOutcome.NONE);
      client.assertNoViolations();
    });
  }

  @Test
  @DisplayName("acks after the end of a source still reach its server")
  void afterTheEnd() {
    runtime.run(() -> {
      ScriptedServerSource<String> ending =
          new ScriptedServerSource<String>(runtime)
              .connects(c -> c.event(1, "a").event(2, "b").end());
      EventStream<String> stream = EventStream.from(ending).runtime(runtime).open();
      Delivery<String> a = stream.next();
      Delivery<String> b = stream.next();
      assertThatThrownBy(stream::next).isInstanceOf(StreamEndedException.class);
      assertThat(a.ack()).isTrue();
      assertThat(b.ack()).isTrue();
      assertThat(ending.acks()).containsExactly(new Ack(1, 1), new Ack(1, 2));
      assertThat(stream.close(Duration.ofSeconds(5)).unsent()).isZero();
      assertThat(ending.hasOpenConnection()).isFalse();
    });
  }

  @Test
  @DisplayName("with ON_RECEIPT an iterator acks the events it returns, not in hasNext()")
  void iteratorOnReceipt() {
    runtime.run(() -> {
      EventStream<String> stream =
          EventStream.from(source).acks(AckMode.ON_RECEIPT).runtime(runtime).open();
      Iterator<Delivery<String>> events = stream.iterator();
      assertThat(events.hasNext()).isTrue();
      assertThat(source.acks()).isEmpty();
      events.next();
      assertThat(source.acks()).containsExactly(new Ack(1, 1));
    });
  }

  @Test
  @DisplayName("a nack by the handler does not report a late ack")
  void handlerNacks() {
    runtime.run(() -> {
      List<String> late = new ArrayList<>();
      EventStream<String> stream =
          EventStream.from(
                  new ScriptedServerSource<String>(runtime)
                      .connects(c -> c.event(1, "a").event(2, "b").end()))
              .runtime(runtime)
              .listener(
                  new StreamListener() {
                    @Override
                    public void onLateAck(LateAck ack) {
                      late.add(ack.position().toString());
                    }
                  })
              .open();
      stream.consume(delivery -> {
        if (delivery.attempt() == 1) {
          delivery.nack();
        }
      });
      assertThat(late).isEmpty();
    });
  }
}
