package dev.perennial.source.tap;

import static org.awaitility.Awaitility.await;

import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.simulators.tap.ClientMessage;
import dev.perennial.simulators.tap.TapSimulator;
import dev.perennial.simulators.tap.TapSimulatorBuilder;
import dev.perennial.transport.netty.NettyTransport;
import dev.perennial.transport.netty.NettyTransportBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;

/** A simulated Tap with its faults, and whole streams to it over real sockets. */
public abstract class TapStreamFixture {

  static final String DID = Messages.DID;
  static final String POSTS = "app.bsky.feed.post";

  /** So short that no test waits for it, and never at random. */
  static final BackoffPolicy SOON =
      BackoffPolicy.exponential(Duration.ofMillis(20), Duration.ofMillis(100)).withJitter(0);

  /** So long that the simulator sends nothing again by itself while a test runs. */
  static final Duration NEVER = Duration.ofMinutes(10);

  final List<AutoCloseable> opened = new ArrayList<>();
  final Recorder recorder = new Recorder();
  TapSimulator tap;

  @AfterEach
  void closeAll() throws Exception {
    for (int i = opened.size() - 1; i >= 0; i--) {
      opened.get(i).close();
    }
  }

  static final class Recorder implements StreamListener {
    final List<Transition> transitions = new CopyOnWriteArrayList<>();
    final List<RedeliveryDropped> dropped = new CopyOnWriteArrayList<>();

    @Override
    public void onTransition(Transition transition) {
      transitions.add(transition);
    }

    @Override
    public void onRedeliveryDropped(RedeliveryDropped redelivery) {
      dropped.add(redelivery);
    }

    List<Duration> waits() {
      return transitions.stream()
          .filter(transition -> transition.to() == StreamState.BACKING_OFF)
          .map(transition -> transition.delay().orElseThrow())
          .toList();
    }

    /** How many copies came after their ack, each of which is acked again. */
    long ackedAgain() {
      return dropped.stream().filter(StreamListener.RedeliveryDropped::isAcked).count();
    }
  }

  static TapSimulatorBuilder patientTap() {
    return TapSimulator.builder().retryTimeout(NEVER).deleteInterval(Duration.ofMillis(20));
  }

  void start(TapSimulatorBuilder builder) {
    tap = builder.start();
    opened.add(tap);
  }

  NettyTransport transport(NettyTransportBuilder builder) {
    NettyTransport transport = builder.build();
    opened.add(transport);
    return transport;
  }

  TapSourceBuilder source(NettyTransport transport) {
    return TapSource.builder(transport).uri("127.0.0.1:" + tap.port());
  }

  EventStreamBuilder<TapEvent> stream() {
    return stream(NettyTransport.builder());
  }

  EventStreamBuilder<TapEvent> stream(NettyTransportBuilder transport) {
    return EventStream.from(source(transport(transport)).build()).backoff(SOON).listener(recorder);
  }

  EventStream<TapEvent> open(EventStreamBuilder<TapEvent> builder) {
    EventStream<TapEvent> stream = builder.open();
    opened.add(stream);
    return stream;
  }

  long emit(String rkey) {
    return emit(rkey, false);
  }

  long emit(String rkey, boolean live) {
    return tap.emitRecord(DID, POSTS, rkey, live, Messages.POST);
  }

  List<String> sent() {
    return tap.clientMessages().stream().map(ClientMessage::asText).toList();
  }

  public static String ack(long id) {
    return "{\"type\":\"ack\",\"id\":" + Long.toUnsignedString(id) + "}";
  }

  void awaitAcked(long count) {
    await().atMost(Pull.PATIENCE).until(() -> tap.acked() == count);
  }
}
