package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.perennial.AckMode;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamState;
import dev.perennial.testkit.ConnectionScript;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.SimulatedThread;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("The publisher of a stream")
class PublisherTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final ScriptedClientSource<String> source = new ScriptedClientSource<>(runtime);

  private EventStreamBuilder<String> builder() {
    return EventStream.from(source, Checkpoints.none()).runtime(runtime);
  }

  /** Adds the events e1 to en. */
  private static ConnectionScript<String> events(int n, ConnectionScript<String> connection) {
    for (int i = 1; i <= n; i++) {
      connection.event(i, "e" + i);
    }
    return connection;
  }

  /** A subscriber that notes its signals, and keeps the deliveries. */
  private static final class Recorder implements Flow.Subscriber<Delivery<String>> {

    final List<String> signals = new ArrayList<>();
    final List<Delivery<String>> deliveries = new ArrayList<>();
    private final long first;
    private Consumer<Delivery<String>> onNext = delivery -> {};
    private Runnable atEnd = () -> {};
    private Flow.@Nullable Subscription subscription;
    @Nullable Throwable error;

    /** Makes a subscriber that requests so many deliveries at once. */
    Recorder(long first) {
      this.first = first;
    }

    Recorder onNext(Consumer<Delivery<String>> action) {
      onNext = action;
      return this;
    }

    Recorder atEnd(Runnable action) {
      atEnd = action;
      return this;
    }

    Flow.Subscription subscription() {
      assertThat(subscription).isNotNull();
      return subscription;
    }

    void request(long count) {
      subscription().request(count);
    }

    void cancel() {
      subscription().cancel();
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription = subscription;
      if (first > 0) {
        subscription.request(first);
      }
    }

    @Override
    public void onNext(Delivery<String> delivery) {
      signals.add(delivery.event());
      deliveries.add(delivery);
      onNext.accept(delivery);
    }

    @Override
    public void onError(Throwable throwable) {
      signals.add("error");
      error = throwable;
      atEnd.run();
    }

    @Override
    public void onComplete() {
      signals.add("complete");
      atEnd.run();
    }
  }

  private Recorder subscribe(EventStream<String> stream, Recorder recorder) {
    stream.publisher().subscribe(recorder);
    return recorder;
  }

  @Nested
  @DisplayName("ends")
  class Ends {

    @Test
    @DisplayName("with onComplete when the source is complete")
    void completion() {
      source.connects(c -> events(3, c).end());
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder all = subscribe(stream, new Recorder(Long.MAX_VALUE).onNext(Delivery::ack));
        runtime.sleep(SECOND);
        assertThat(all.signals).containsExactly("e1", "e2", "e3", "complete");
        assertThat(stream.state()).isEqualTo(StreamState.ENDED);
        assertThat(stream.stats().unacked()).isZero();
        Recorder late = subscribe(stream, new Recorder(1));
        runtime.sleep(SECOND);
        assertThat(late.signals).containsExactly("complete");
      });
    }

    @Test
    @DisplayName("with onComplete once no nacked event of a complete source is left")
    void completionAfterNack() {
      source.connects(c -> events(1, c).end());
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder all =
            subscribe(
                stream,
                new Recorder(Long.MAX_VALUE)
                    .onNext(delivery -> {
                      if (delivery.attempt() < 3) {
                        delivery.nack();
                      } else {
                        delivery.ack();
                      }
                    }));
        runtime.sleep(SECOND);
        assertThat(all.signals).containsExactly("e1", "e1", "e1", "complete");
      });
    }

    @Test
    @DisplayName("with onError when the stream fails, also without demand")
    void failure() {
      source.connects(c -> events(1, c).lose(ScriptedFailure.fatal("gone")));
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder all = subscribe(stream, new Recorder(5));
        runtime.sleep(SECOND);
        assertThat(all.signals).containsExactly("e1", "error");
        assertThat(all.error)
            .isInstanceOf(StreamFailedException.class)
            .hasMessageContaining("gone");
        Recorder late = subscribe(stream, new Recorder(0));
        runtime.sleep(SECOND);
        assertThat(late.signals).containsExactly("error");
        stream.close();
        Recorder afterClose = subscribe(stream, new Recorder(1));
        runtime.sleep(SECOND);
        assertThat(afterClose.error).isInstanceOf(StreamFailedException.class);
      });
    }

    @Test
    @DisplayName("with onComplete when the stream is closed, with demand or without")
    void close() {
      for (int demand : new int[] {0, 1, 2}) {
        VirtualRuntime time = new VirtualRuntime(1);
        ScriptedClientSource<String> one =
            new ScriptedClientSource<String>(time).connects(c -> c.event(1, "e1"));
        time.run(() -> {
          EventStream<String> stream =
              EventStream.from(one, Checkpoints.none()).runtime(time).open();
          Recorder all = subscribe(stream, new Recorder(demand));
          time.sleep(SECOND);
          Duration before = time.elapsed();
          stream.close();
          assertThat(time.elapsed().minus(before)).isLessThan(Duration.ofMillis(50));
          time.sleep(Duration.ofMillis(1));
          assertThat(all.signals)
              .containsExactlyElementsOf(
                  demand == 0 ? List.of("complete") : List.of("e1", "complete"));
          one.assertNoViolations();
        });
      }
    }

    @Test
    @DisplayName("when onNext closes the stream, which does not wait for itself")
    void closeFromOnNext() {
      source.connects(c -> events(2, c));
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder all =
            subscribe(
                stream,
                new Recorder(2)
                    .onNext(delivery -> {
                      Duration before = runtime.elapsed();
                      stream.close();
                      assertThat(runtime.elapsed().minus(before)).isLessThan(Duration.ofMillis(50));
                    }));
        runtime.sleep(SECOND);
        assertThat(all.signals).containsExactly("e1", "complete");
        source.assertNoViolations();
      });
    }

    @Test
    @DisplayName("while close waits for a running onNext, whose ack counts")
    void closeDuringOnNext() {
      source.connects(c -> events(2, c));
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder all =
            subscribe(
                stream,
                new Recorder(2)
                    .onNext(delivery -> {
                      sleep(Duration.ofSeconds(3));
                      assertThat(delivery.ack()).isTrue();
                    }));
        runtime.sleep(SECOND);
        assertThat(stream.close(Duration.ofSeconds(5)).unacked()).isZero();
        runtime.sleep(SECOND);
        assertThat(all.signals).containsExactly("e1", "complete");
      });
    }

    @Test
    @DisplayName("with onError after a request that is not positive")
    void invalidRequest() {
      for (long count : new long[] {0, -1, Long.MIN_VALUE}) {
        for (long demand : new long[] {0, 1}) {
          VirtualRuntime time = new VirtualRuntime(1);
          time.run(() -> {
            EventStream<String> stream =
                EventStream.from(new ScriptedClientSource<String>(time), Checkpoints.none())
                    .runtime(time)
                    .open();
            Recorder all = subscribe(stream, new Recorder(demand));
            time.sleep(SECOND);
            all.request(count);
            time.sleep(Duration.ofMillis(1));
            assertThat(all.signals).containsExactly("error");
            assertThat(all.error)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                    "Cannot request "
                        + count
                        + " deliveries of stream \"scripted\": request() needs a number above 0"
                        + " (rule 3.9 of Reactive Streams).");
            all.request(count);
            all.request(1);
            all.cancel();
            time.sleep(SECOND);
            assertThat(all.signals).hasSize(1);
          });
        }
      }
    }

    @Test
    @DisplayName("when onNext throws; its delivery stays unacked, and the stream stays usable")
    void throwingSubscriber() {
      source.connects(c -> events(2, c));
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder all =
            subscribe(
                stream,
                new Recorder(5)
                    .onNext(delivery -> {
                      throw new AssertionError("broken");
                    }));
        runtime.sleep(SECOND);
        assertThat(all.signals).containsExactly("e1");
        assertThat(all.deliveries.get(0).isSettled()).isFalse();
        assertThat(stream.stats().unacked()).isEqualTo(1);
        assertThat(stream.next().event()).isEqualTo("e2");
      });
    }

    @Test
    @DisplayName("if onSubscribe throws, and another subscriber takes its place")
    void throwingOnSubscribe() {
      source.connects(c -> events(1, c).end());
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        stream
            .publisher()
            .subscribe(
                new Flow.Subscriber<>() {
                  @Override
                  public void onSubscribe(Flow.Subscription subscription) {
                    subscription.request(1);
                    throw new IllegalStateException("broken");
                  }

                  @Override
                  public void onNext(Delivery<String> delivery) {
                    throw new AssertionError("called");
                  }

                  @Override
                  public void onError(Throwable throwable) {
                    throw new AssertionError("called");
                  }

                  @Override
                  public void onComplete() {
                    throw new AssertionError("called");
                  }
                });
        Recorder all = subscribe(stream, new Recorder(2));
        runtime.sleep(SECOND);
        assertThat(all.signals).containsExactly("e1", "complete");
      });
    }
  }

  @Nested
  @DisplayName("demand")
  class Demand {

    @Test
    @DisplayName("bounds what is handed out, and without it nothing is read from the source")
    void pauses() {
      source.connects(c -> events(5, c));
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder all = subscribe(stream, new Recorder(0));
        runtime.sleep(SECOND);
        assertThat(source.connects()).isEmpty();
        all.request(2);
        runtime.sleep(SECOND);
        assertThat(all.signals).containsExactly("e1", "e2");
        assertThat(stream.stats().received()).isEqualTo(2);
        all.request(1);
        all.request(1);
        runtime.sleep(SECOND);
        assertThat(all.signals).containsExactly("e1", "e2", "e3", "e4");
        assertThat(stream.stats().received()).isEqualTo(4);
        stream.close();
      });
    }

    @Test
    @DisplayName("may come from inside onNext, for any number of events")
    void fromOnNext() {
      source.connects(c -> events(10_000, c).end());
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder all = new Recorder(1);
        all.onNext(delivery -> {
          delivery.ack();
          all.request(1);
        });
        subscribe(stream, all);
        runtime.sleep(SECOND);
        assertThat(all.signals).hasSize(10_001).endsWith("complete");
      });
    }

    @Test
    @DisplayName("saturates")
    void saturates() {
      source.connects(c -> events(3, c).end());
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder all = new Recorder(Long.MAX_VALUE);
        all.onNext(delivery -> all.request(Long.MAX_VALUE - 1));
        subscribe(stream, all).request(Long.MAX_VALUE);
        runtime.sleep(SECOND);
        assertThat(all.signals).containsExactly("e1", "e2", "e3", "complete");
      });
    }

    @Test
    @DisplayName("is bounded by the window: a full one waits for acks")
    void windowFull() {
      source.connects(c -> events(3, c));
      runtime.run(() -> {
        EventStream<String> stream = builder().window(2).open();
        Recorder all = subscribe(stream, new Recorder(10));
        runtime.sleep(SECOND);
        assertThat(all.signals).containsExactly("e1", "e2");
        all.deliveries.get(0).ack();
        runtime.sleep(Duration.ofMillis(1));
        assertThat(all.signals).containsExactly("e1", "e2", "e3");
        stream.close();
      });
    }

    @Test
    @DisplayName("lets no other thread read meanwhile")
    void nextWhileRequested() {
      source.connects(c -> events(2, c));
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder all = subscribe(stream, new Recorder(3));
        runtime.sleep(SECOND);
        assertThatIllegalStateException()
            .isThrownBy(stream::next)
            .withMessageContaining("perennial-publisher-scripted reads from it now")
            .withMessageContaining("Let one thread read");
        assertThat(all.signals).containsExactly("e1", "e2");
        stream.close();
      });
    }

    @Test
    @DisplayName("is refused with onError while another thread reads")
    void requestedWhileInNext() {
      source.connects(c -> c.pause(Duration.ofSeconds(5)).event(1, "e1"));
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        SimulatedThread other =
            runtime.spawn("other", () -> assertThat(stream.next().event()).isEqualTo("e1"));
        runtime.sleep(SECOND);
        Recorder all = subscribe(stream, new Recorder(1));
        runtime.sleep(SECOND);
        assertThat(all.signals).containsExactly("error");
        assertThat(all.error)
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("reads from it now");
        other.join();
      });
    }
  }

  @Nested
  @DisplayName("a cancelled subscription")
  class Cancelled {

    @Test
    @DisplayName("leaves what it has not handed out to the next call, and stops at once")
    void fromOnNext() {
      source.connects(c -> events(3, c));
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder all = new Recorder(10);
        all.onNext(delivery -> all.cancel());
        subscribe(stream, all);
        runtime.sleep(SECOND);
        assertThat(all.signals).containsExactly("e1");
        assertThat(stream.next().event()).isEqualTo("e2");
        assertThat(stream.iterator().next().event()).isEqualTo("e3");
        all.request(1);
        all.request(0);
        all.cancel();
        assertThat(stream.next(SECOND)).isEmpty();
      });
    }

    @Test
    @DisplayName("loses no delivery, whenever it is cancelled, and next() waits until it has left")
    void atAnyTime() {
      for (int seed = 1; seed <= 300; seed++) {
        VirtualRuntime time = new VirtualRuntime(seed);
        ScriptedClientSource<String> six =
            new ScriptedClientSource<String>(time)
                .connects(c -> {
                  for (int i = 1; i <= 6; i++) {
                    c.pause(Duration.ofMillis(1)).event(i, "e" + i);
                  }
                  c.end();
                });
        time.stepsTakeUpTo(Duration.ofNanos(300_000));
        time.run(() -> {
          EventStream<String> stream =
              EventStream.from(six, Checkpoints.none()).runtime(time).open();
          Recorder first = subscribe(stream, new Recorder(Long.MAX_VALUE));
          while (first.signals.isEmpty()) {
            time.pause();
          }
          time.sleep(Duration.ofNanos((long) (time.random() * 4_000_000)));
          first.cancel();
          List<String> events = new ArrayList<>();
          if (time.random() < 0.5) {
            stream.forEach(delivery -> events.add(delivery.event()));
          } else {
            Recorder second = subscribe(stream, new Recorder(Long.MAX_VALUE));
            while (!second.signals.contains("complete")) {
              time.pause();
            }
            events.addAll(second.signals);
          }
          events.addAll(0, first.signals);
          events.removeIf("complete"::equals);
          assertThat(events).containsExactly("e1", "e2", "e3", "e4", "e5", "e6");
        });
      }
    }

    @Test
    @DisplayName("ends its wait for an event at once, and that for an ack or a claim soon")
    void whileWaiting() {
      InMemoryCheckpointStore store = new InMemoryCheckpointStore(runtime);
      source.connects(c -> events(1, c));
      runtime.run(() -> {
        EventStream<String> holder =
            EventStream.from(
                    new ScriptedClientSource<String>(runtime), Checkpoints.in(store, "orders"))
                .runtime(runtime)
                .open();
        holder.awaitLive(SECOND);
        EventStream<String> stream =
            EventStream.from(source, Checkpoints.in(store, "orders"))
                .window(1)
                .runtime(runtime)
                .open();
        Recorder claiming = subscribe(stream, new Recorder(1));
        runtime.sleep(SECOND);
        assertThat(stream.state()).isEqualTo(StreamState.CLAIMING);
        leavesWithin(Duration.ofMillis(500), claiming, stream);
        holder.close();

        Recorder full = subscribe(stream, new Recorder(2));
        runtime.sleep(Duration.ofSeconds(3));
        assertThat(full.signals).containsExactly("e1");
        leavesWithin(Duration.ofMillis(500), full, stream);
        full.deliveries.get(0).ack();

        Recorder waiting = subscribe(stream, new Recorder(1));
        runtime.sleep(SECOND);
        leavesWithin(Duration.ZERO, waiting, stream);
        stream.close();
      });
    }

    private void leavesWithin(Duration most, Recorder recorder, EventStream<String> stream)
        throws InterruptedException {
      Duration before = runtime.elapsed();
      recorder.cancel();
      assertThat(stream.next(Duration.ZERO)).isEmpty();
      assertThat(runtime.elapsed().minus(before)).isLessThanOrEqualTo(most);
    }

    @Test
    @DisplayName("makes next() wait for its running onNext, for 1 s at most")
    void nextDuringOnNext() {
      source.connects(c -> events(3, c));
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder slow = new Recorder(2);
        slow.onNext(delivery -> {
          slow.cancel();
          sleep(Duration.ofMillis(1_800));
        });
        subscribe(stream, slow);
        runtime.sleep(Duration.ofMillis(100));
        assertThatIllegalStateException()
            .isThrownBy(stream::next)
            .withMessageContaining("reads from it now");
        assertThat(runtime.elapsed()).isEqualTo(Duration.ofMillis(1_100));
        assertThat(stream.next().event()).isEqualTo("e2");
        assertThat(runtime.elapsed()).isEqualTo(Duration.ofMillis(1_800));
      });
    }

    @Test
    @DisplayName("does not delay a close of the stream")
    void closedAfterwards() {
      source.connects(c -> events(1, c));
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder all = subscribe(stream, new Recorder(5));
        runtime.sleep(SECOND);
        all.cancel();
        stream.close();
        assertThat(runtime.elapsed()).isEqualTo(SECOND);
        assertThat(all.signals).containsExactly("e1");
      });
    }
  }

  @Nested
  @DisplayName("a second subscriber")
  class SecondSubscriber {

    @Test
    @DisplayName("is refused while the first is subscribed, and accepted after a cancel")
    void refused() {
      source.connects(c -> events(2, c).end());
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder first = subscribe(stream, new Recorder(1));
        runtime.sleep(SECOND);
        Recorder second = subscribe(stream, new Recorder(1));
        assertThat(second.signals).containsExactly("error");
        assertThat(second.error)
            .isInstanceOf(IllegalStateException.class)
            .hasMessageStartingWith(
                "Cannot subscribe to stream \"scripted\": it has a subscriber.");
        second.cancel();
        assertThat(first.signals).containsExactly("e1");
        first.cancel();
        Recorder third = subscribe(stream, new Recorder(2));
        runtime.sleep(SECOND);
        assertThat(third.signals).containsExactly("e2", "complete");
      });
    }

    @Test
    @DisplayName("waits until the onNext of a cancelled one has returned")
    void afterSlowOnNext() {
      source.connects(c -> events(2, c).end());
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder first = new Recorder(5);
        first.onNext(delivery -> {
          first.cancel();
          sleep(Duration.ofSeconds(10));
        });
        subscribe(stream, first);
        runtime.sleep(SECOND);
        Recorder second = subscribe(stream, new Recorder(5));
        runtime.sleep(SECOND);
        assertThat(second.signals).isEmpty();
        runtime.sleep(Duration.ofSeconds(10));
        assertThat(second.signals).containsExactly("e2", "complete");
        assertThat(first.signals).containsExactly("e1");
      });
    }

    @Test
    @DisplayName("may subscribe while the first gets its end")
    void fromOnComplete() {
      source.connects(c -> events(1, c).end());
      runtime.run(() -> {
        EventStream<String> stream = builder().open();
        Recorder second = new Recorder(5);
        Recorder first = new Recorder(5).atEnd(() -> stream.publisher().subscribe(second));
        subscribe(stream, first);
        runtime.sleep(SECOND);
        assertThat(first.signals).containsExactly("e1", "complete");
        assertThat(second.signals).containsExactly("complete");
      });
    }

    @Test
    @DisplayName("null is refused")
    @SuppressWarnings("NullAway")
    void missing() {
      EventStream<String> stream = builder().open();
      assertThatNullPointerException()
          .isThrownBy(() -> stream.publisher().subscribe(null))
          .withMessageContaining("subscribe()");
    }
  }

  @Test
  @DisplayName("with ON_RECEIPT, only what reaches onNext is acked")
  void onReceipt() {
    source.connects(c -> events(3, c));
    runtime.run(() -> {
      EventStream<String> stream = builder().acks(AckMode.ON_RECEIPT).open();
      Recorder all = new Recorder(3);
      all.onNext(delivery -> {
        assertThat(delivery.isSettled()).isTrue();
        if (delivery.event().equals("e2")) {
          all.cancel();
        }
      });
      subscribe(stream, all);
      runtime.sleep(SECOND);
      assertThat(all.signals).containsExactly("e1", "e2");
      assertThat(stream.stats().acked()).isEqualTo(2);
      stream.close();
    });
  }

  @Test
  @DisplayName("an interrupt that onNext leaves behind does not end the subscription")
  void interrupted() {
    source.connects(c -> events(2, c).pause(SECOND).event(3, "e3").end());
    runtime.run(() -> {
      EventStream<String> stream = builder().open();
      Recorder all =
          subscribe(stream, new Recorder(5).onNext(delivery -> Thread.currentThread().interrupt()));
      runtime.sleep(Duration.ofSeconds(2));
      assertThat(all.signals).containsExactly("e1", "e2", "e3", "complete");
    });
  }

  private void sleep(Duration time) {
    try {
      runtime.sleep(time);
    } catch (InterruptedException e) {
      throw new AssertionError("a subscriber is never interrupted", e);
    }
  }
}
