package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamClosedException;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamState;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.transport.netty.NettyTransport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole streams against a simulated Tap: connections that are lost, slow or closed. */
class TapLossTest extends TapStreamFixture {

  // Loss

  @ParameterizedTest
  @ValueSource(ints = {1000, 1001, 1005, 1006, 1011, 1012, 4000, 4999})
  @DisplayName("close-codes: whatever the peer closes with, the stream comes back")
  void closeCodes(int code) throws Exception {
    start(patientTap());
    EventStream<TapEvent> stream = open(stream());
    stream.awaitLive(Pull.PATIENCE);

    if (code == 1006) {
      tap.faults().cutConnections();
    } else {
      tap.faults().closeWith(code, "");
    }
    emit("after");

    assertThat(Pull.record(Pull.next(stream)).rkey()).isEqualTo("after");
    assertThat(tap.connectionsOpened()).isEqualTo(2);
  }

  @Test
  @DisplayName("idle watch: a Tap that answers pings and sends nothing is connected to anew")
  void reconnectsWhenIdle() throws Exception {
    start(patientTap());
    EventStream<TapEvent> stream =
        open(
            EventStream.from(
                    source(transport(NettyTransport.builder()))
                        .reconnectWhenIdle(Duration.ofSeconds(1))
                        .build())
                .backoff(SOON)
                .listener(recorder));

    await()
        .atMost(Pull.PATIENCE)
        .until(() -> {
          stream.next(Duration.ofSeconds(1));
          return tap.handshakes().size() >= 2;
        });

    assertThat(recorder.transitions)
        .anySatisfy(transition ->
            assertThat(transition.cause().map(Throwable::getMessage).orElse(""))
                .contains("no event came for 1 s"));
  }

  @Test
  @DisplayName(
      "close-codes: closing the stream is final, and ends the connection with a close frame")
  void localClose() throws Exception {
    start(patientTap());
    EventStream<TapEvent> stream = open(stream());
    stream.awaitLive(Pull.PATIENCE);

    stream.close();

    assertThatThrownBy(stream::next).isInstanceOf(StreamClosedException.class);
    assertThat(tap.clientCloseCodes()).containsExactly(1000);
    assertThat(tap.connectionsOpened()).isEqualTo(1);
  }

  @Test
  @DisplayName("backoff: accept-then-close escalates to the cap; an event starts it over")
  void backoff() throws Exception {
    start(patientTap());
    tap.faults().acceptThenClose(6);
    EventStream<TapEvent> stream = open(stream());

    Pull.quietlyUntil(
        stream, () -> tap.handshakes().size() == 7 && stream.state() == StreamState.LIVE);
    assertThat(recorder.waits())
        .containsExactly(
            Duration.ofMillis(20),
            Duration.ofMillis(40),
            Duration.ofMillis(80),
            Duration.ofMillis(100),
            Duration.ofMillis(100),
            Duration.ofMillis(100));

    emit("proof");
    Pull.next(stream).ack();
    tap.faults().cutConnections();
    Pull.quietlyUntil(stream, () -> recorder.waits().size() == 7);
    assertThat(recorder.waits().get(6)).isEqualTo(Duration.ofMillis(20));
  }

  @Test
  @DisplayName("poison: text that is not UTF-8 on each connection escalates, in spite of events")
  void poison() throws Exception {
    start(patientTap());
    EventStream<TapEvent> stream = open(stream());
    byte[] notUtf8 = {(byte) 0x81, 1, (byte) 0xFF};

    for (int i = 1; i <= 5; i++) {
      int losses = i;
      emit("r" + i);
      Pull.next(stream).ack();
      awaitAcked(i);
      tap.faults().sendBytes(notUtf8);
      Pull.quietlyUntil(stream, () -> recorder.waits().size() == losses);
    }

    assertThat(recorder.waits())
        .containsExactly(
            Duration.ofMillis(20),
            Duration.ofMillis(20),
            Duration.ofMillis(40),
            Duration.ofMillis(80),
            Duration.ofMillis(100));
  }

  @Test
  @DisplayName("backoff: the source's own is 1 s to 60 s, each wait up to halved")
  void backoffOfTheSource() {
    start(patientTap());
    BackoffPolicy policy = source(transport(NettyTransport.builder())).build().backoff();

    assertThat(policy.delay(1, 0)).isEqualTo(Duration.ofSeconds(1));
    assertThat(policy.delay(1, 0.999)).isBetween(Duration.ofMillis(500), Duration.ofMillis(510));
    assertThat(policy.delay(6, 0)).isEqualTo(Duration.ofSeconds(32));
    assertThat(policy.delay(7, 0)).isEqualTo(Duration.ofSeconds(60));
    assertThat(policy.delay(1_000, 0)).isEqualTo(Duration.ofSeconds(60));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  @DisplayName("backoff: max-attempts counts exactly")
  void maxAttempts(int attempts) {
    start(patientTap());
    tap.faults().rejectHandshakes(503, 100);
    EventStream<TapEvent> stream = open(stream().maxAttempts(attempts));

    StreamFailedException death = catchThrowableOfType(StreamFailedException.class, stream::next);

    assertThat(death.reason()).isEqualTo(StreamFailedException.Reason.ATTEMPTS_EXHAUSTED);
    assertThat(death.attempts()).isEqualTo(attempts);
    assertThat(tap.handshakes()).hasSize(attempts);
  }

  @Test
  @DisplayName("half-open: a server that is silent to pings is left for a new connection")
  void halfOpen() throws Exception {
    start(patientTap());
    EventStream<TapEvent> stream =
        open(
            stream(
                NettyTransport.builder()
                    .pingInterval(Duration.ofMillis(100))
                    .pongTimeout(Duration.ofSeconds(1))));
    stream.awaitLive(Pull.PATIENCE);

    tap.faults().stall();
    Pull.quietlyUntil(
        stream, () -> tap.connectionsOpened() >= 2 && stream.state() == StreamState.LIVE);

    emit("after");
    assertThat(Pull.record(Pull.next(stream)).rkey()).isEqualTo("after");
  }

  @Test
  @DisplayName("half-open: an idle connection whose pings are answered stays")
  void idle() throws Exception {
    start(patientTap());
    EventStream<TapEvent> stream =
        open(
            stream(
                NettyTransport.builder()
                    .pingInterval(Duration.ofMillis(100))
                    .pongTimeout(Duration.ofSeconds(2))));

    // Pings for twice as long as a pong may take.
    Pull.quietlyUntil(stream, () -> tap.clientPings() >= 40);

    assertThat(tap.connectionsOpened()).isEqualTo(1);
  }

  @Test
  @DisplayName(
      "backpressure, half-open: a full window stops the reading and costs no connection; acks still flow; all comes")
  void backpressure() throws Exception {
    start(patientTap());
    int events = 1_200;
    String filler = "{\"text\":\"" + "x".repeat(32_000) + "\"}";
    for (int i = 0; i < events; i++) {
      tap.emitRecord(DID, POSTS, "r" + i, false, filler);
    }
    EventStream<TapEvent> stream =
        open(
            stream(
                    NettyTransport.builder()
                        .inboxLimits(16, 1 << 20)
                        .pingInterval(Duration.ofMillis(50))
                        .pongTimeout(Duration.ofSeconds(2)))
                .window(8));

    List<Delivery<TapEvent>> held = new ArrayList<>(Pull.next(stream, 8));
    // Pings for longer than a pong may take.
    long pings = tap.clientPings();
    Pull.quietlyUntil(stream, () -> tap.clientPings() >= pings + 60);
    assertThat(stream.stats().unacked()).isEqualTo(8);
    assertThat(tap.delivered())
        .as("what fits into the sockets' buffers and our inbox")
        .isLessThan(events);

    // The window is full and nothing is read, yet an ack gets through.
    held.remove(0).ack();
    awaitAcked(1);
    held.add(Pull.next(stream));
    List<String> rkeys = new ArrayList<>();
    rkeys.add("r0");
    while (rkeys.size() < events) {
      for (Delivery<TapEvent> delivery : held) {
        rkeys.add(Pull.record(delivery).rkey());
        delivery.ack();
      }
      held.clear();
      if (rkeys.size() < events) {
        held.add(Pull.next(stream));
      }
    }
    awaitAcked(events);

    assertThat(rkeys).isEqualTo(IntStream.range(0, events).mapToObj(i -> "r" + i).toList());
    assertThat(tap.connectionsOpened()).isEqualTo(1);
  }

  // Close

  @Test
  @DisplayName("close-prompt: during the handshake")
  void closeDuringConnect() throws Exception {
    start(patientTap());
    tap.faults().hangHandshakes(1);
    TapSource patient =
        source(transport(NettyTransport.builder())).connectTimeout(Duration.ofMinutes(1)).build();
    EventStream<TapEvent> stream = open(EventStream.from(patient).backoff(SOON).listener(recorder));

    assertPromptClose(stream, () -> tap.handshakes().size() == 1);
  }

  @Test
  @DisplayName("close-prompt: while backing off")
  void closeDuringBackoff() throws Exception {
    start(patientTap());
    tap.faults().rejectHandshakes(503, 1);
    EventStream<TapEvent> stream =
        open(
            stream()
                .backoff(BackoffPolicy.exponential(Duration.ofMinutes(5), Duration.ofMinutes(5))));

    assertPromptClose(stream, () -> stream.state() == StreamState.BACKING_OFF);
  }

  @Test
  @DisplayName("close-prompt: with a full window and more behind it")
  void closeWhenFull() throws Exception {
    start(patientTap());
    for (int i = 0; i < 100; i++) {
      emit("r" + i);
    }
    EventStream<TapEvent> stream = open(stream().window(4));
    Pull.next(stream, 4);

    assertPromptClose(stream, () -> tap.delivered() == 100);

    assertThat(sent()).isEmpty();
    assertThat(stream.close(Duration.ZERO).unacked()).isEqualTo(4);
  }

  @Test
  @DisplayName("close-prompt: with a handler that does not return, its event unacked")
  void closeWithSlowHandler() throws Exception {
    start(patientTap());
    emit("slow");
    EventStream<TapEvent> stream = open(stream());
    CountDownLatch handling = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Thread consumer =
        new Thread(() -> {
          try {
            stream.consume(delivery -> {
              handling.countDown();
              release.await();
            });
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    consumer.start();
    assertThat(handling.await(30, TimeUnit.SECONDS)).isTrue();

    long before = System.nanoTime();
    stream.close(Duration.ofMillis(300));
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(20));
    assertThat(sent()).isEmpty();
    release.countDown();
    consumer.join(10_000);

    assertThat(consumer.isAlive()).isFalse();
  }

  @Test
  @DisplayName("close-prompt: acks that were given before it are written first")
  void closeFlushesAcks() throws Exception {
    start(patientTap());
    int events = 500;
    for (int i = 0; i < events; i++) {
      emit("r" + i);
    }
    EventStream<TapEvent> stream = open(stream());
    List<Delivery<TapEvent>> deliveries = Pull.next(stream, events);

    deliveries.subList(0, events - 1).forEach(Delivery::ack);
    var report = stream.close(Duration.ofSeconds(20));

    assertThat(report.unacked()).isEqualTo(1);
    assertThat(report.unsent()).isZero();
    awaitAcked(events - 1);
  }

  private void assertPromptClose(
      EventStream<TapEvent> stream, java.util.concurrent.Callable<Boolean> reached)
      throws Exception {
    AtomicReference<Throwable> end = new AtomicReference<>();
    Thread puller =
        new Thread(() -> {
          try {
            for (Delivery<TapEvent> delivery = stream.next(); ; delivery = stream.next()) {
              assertThat(delivery).isNotNull();
            }
          } catch (Throwable e) {
            end.set(e);
          }
        });
    puller.start();
    await().atMost(Pull.PATIENCE).until(reached);

    long before = System.nanoTime();
    stream.close(Duration.ofSeconds(5));
    Duration took = Duration.ofNanos(System.nanoTime() - before);
    puller.join(30_000);

    // The deadline is 5 s; the rest is for a busy machine. Each of these waits would otherwise last
    // a minute or more.
    assertThat(took).isLessThan(Duration.ofSeconds(9));
    assertThat(end.get()).isInstanceOf(StreamClosedException.class);
    assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
  }
}
