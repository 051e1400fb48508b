package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.perennial.AckMode;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.simulators.tap.ClientMessage;
import dev.perennial.simulators.tap.DeliveryMode;
import dev.perennial.source.tap.internal.http.BasicAuth;
import dev.perennial.transport.netty.NettyTransport;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole streams against a simulated Tap: the handshake, acks, and what is in the messages. */
class TapStreamTest extends TapStreamFixture {

  // Handshake

  @Test
  @DisplayName("auth-header: the server takes a password with a colon and an umlaut, sent at once")
  void authHeader() throws Exception {
    start(patientTap().password("p:ä:ü"));
    EventStream<TapEvent> stream =
        open(
            EventStream.from(
                source(transport(NettyTransport.builder())).password("p:ä:ü").build()));

    stream.awaitLive(Pull.PATIENCE);

    assertThat(tap.handshakes()).hasSize(1);
    assertThat(tap.handshakes().get(0).header("Authorization"))
        .isEqualTo(new BasicAuth("p:ä:ü").header());
    assertThat(tap.handshakes().get(0).header("User-Agent")).startsWith("perennial/");
    assertThat(tap.handshakes().get(0).target()).isEqualTo("/channel");
  }

  @Test
  @DisplayName("401-terminal: the stream dies of it at the first attempt")
  void unauthorized() {
    start(patientTap().password("right"));
    EventStream<TapEvent> stream =
        open(
            EventStream.from(
                source(transport(NettyTransport.builder())).password("wrong").build()));

    StreamFailedException death = catchThrowableOfType(StreamFailedException.class, stream::next);

    assertThat(death.reason()).isEqualTo(StreamFailedException.Reason.FATAL);
    assertThat(death.getCause())
        .isInstanceOfSatisfying(
            TapException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(TapException.Reason.UNAUTHORIZED);
              assertThat(e.challenge()).get().asString().startsWith("Basic");
            });
    assertThat(tap.handshakes()).hasSize(1);
    assertThatThrownBy(stream::next).isInstanceOf(StreamFailedException.class);
    assertThat(tap.handshakes()).hasSize(1);
  }

  @Test
  @DisplayName("webhook-mode-400: the stream dies of it, and says so")
  void webhookMode() {
    start(patientTap().mode(DeliveryMode.WEBHOOK));
    EventStream<TapEvent> stream = open(stream());

    StreamFailedException death = catchThrowableOfType(StreamFailedException.class, stream::next);

    assertThat(death.reason()).isEqualTo(StreamFailedException.Reason.FATAL);
    assertThat(death.getCause())
        .isInstanceOfSatisfying(
            TapException.class,
            e -> assertThat(e.reason()).isEqualTo(TapException.Reason.WEBHOOK_MODE));
    assertThat(tap.handshakes()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1:%d",
        "ws://127.0.0.1:%d/",
        "http://127.0.0.1:%d",
        "http://127.0.0.1:%d//"
      })
  @DisplayName("url-forms: each reaches the server")
  void urlForms(String form) throws Exception {
    start(patientTap());
    EventStream<TapEvent> stream =
        open(
            EventStream.from(
                TapSource.of(
                    String.format(form, tap.port()), transport(NettyTransport.builder()))));

    stream.awaitLive(Pull.PATIENCE);

    assertThat(tap.handshakes().get(0).target()).isEqualTo("/channel");
  }

  // Acks

  @Test
  @DisplayName(
      "ack-after-handler, ack-bytes: nothing before the handler has returned, then one exact message each")
  void ackAfterHandler() throws Exception {
    start(patientTap());
    long first = emit("a");
    tap.emitWithId(
        -1, new dev.perennial.simulators.tap.TapEventSpec.IdentityChange(DID, "", true, "active"));
    EventStream<TapEvent> stream = open(stream());
    List<List<String>> sentWhileHandling = new CopyOnWriteArrayList<>();
    CountDownLatch handled = new CountDownLatch(2);

    Thread consumer =
        new Thread(() -> {
          try {
            stream.consume(delivery -> {
              sentWhileHandling.add(sent());
              handled.countDown();
            });
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    consumer.start();
    assertThat(handled.await(30, TimeUnit.SECONDS)).isTrue();
    awaitAcked(2);
    stream.close();
    consumer.join(10_000);

    assertThat(sentWhileHandling.get(0)).isEmpty();
    assertThat(sentWhileHandling.get(1).size()).isLessThanOrEqualTo(1);
    assertThat(sent()).containsExactlyInAnyOrder(ack(first), ack(-1));
    assertThat(tap.clientMessages()).allMatch(ClientMessage::text);
  }

  @Test
  @DisplayName(
      "handler-failure: consume ends with the handler's error, and the event stays unacked")
  void handlerFailure() {
    start(patientTap());
    emit("a");
    EventStream<TapEvent> stream = open(stream());

    assertThatThrownBy(() ->
            stream.consume(delivery -> {
              throw new IllegalStateException("broken");
            }))
        .isInstanceOfSatisfying(
            StreamFailedException.class,
            e -> assertThat(e.reason()).isEqualTo(StreamFailedException.Reason.HANDLER))
        .hasRootCauseMessage("broken");
    stream.close();

    assertThat(sent()).isEmpty();
  }

  // Without acks

  @Test
  @DisplayName("ack-off mode: the client sends nothing, and everything comes")
  void ackOff() throws Exception {
    start(patientTap().mode(DeliveryMode.FIRE_AND_FORGET));
    for (int i = 0; i < 30; i++) {
      emit("r" + i);
    }
    EventStream<TapEvent> stream = open(stream().acks(AckMode.NEVER));

    List<Delivery<TapEvent>> deliveries = Pull.next(stream, 30);
    deliveries.forEach(Delivery::ack);
    stream.close();

    assertThat(deliveries)
        .extracting(delivery -> Pull.record(delivery).rkey())
        .doesNotHaveDuplicates();
    assertThat(sent()).isEmpty();
  }

  // Payloads that do not fit

  @Test
  @DisplayName(
      "poison-invalid-json, poison-with-id: both are handed out, the connection stays, acks as the id allows")
  void poison() throws Exception {
    start(patientTap());
    EventStream<TapEvent> stream = open(stream());
    stream.awaitLive(Pull.PATIENCE);
    tap.faults().sendText("{ this is no JSON");
    long withId =
        tap.emitRaw(DID, false, "{\"id\":$id,\"type\":\"record\",\"record\":{\"live\":1}}");
    tap.faults().sendBinary(new byte[] {1, 2, 3});
    emit("after");

    List<Delivery<TapEvent>> deliveries = Pull.next(stream, 4);

    assertThat(deliveries.subList(0, 3))
        .allMatch(delivery -> delivery.event() instanceof TapMalformed);
    assertThat(((TapMalformed) deliveries.get(0).event()).rawText()).isEqualTo("{ this is no JSON");
    assertThat(((TapMalformed) deliveries.get(1).event()).id()).hasValue(withId);
    assertThat(Pull.record(deliveries.get(3)).rkey()).isEqualTo("after");
    assertThat(sent()).isEmpty();
    deliveries.forEach(Delivery::ack);
    awaitAcked(2);
    assertThat(sent()).containsExactly(ack(withId), ack(withId + 1));
    assertThat(tap.connectionsOpened()).isEqualTo(1);
    assertThat(stream.stats().malformed()).isEqualTo(3);
  }

  @Test
  @DisplayName("forward-compat: an unknown type comes with id and JSON, and its ack arrives")
  void unknownType() throws Exception {
    start(patientTap());
    long id =
        tap.emitRaw(DID, true, "{\"id\":$id,\"type\":\"label\",\"label\":{\"val\":\"spam\"}}");
    EventStream<TapEvent> stream = open(stream());

    Delivery<TapEvent> delivery = Pull.next(stream);
    delivery.ack();

    assertThat(((TapUnknown) delivery.event()).json().at("/label/val").asString())
        .isEqualTo("spam");
    awaitAcked(1);
    assertThat(sent()).containsExactly(ack(id));
  }

  @Test
  @DisplayName(
      "3 MB: one event of that size, and one over the transport's limit that is reported with its id")
  void large() throws Exception {
    start(patientTap());
    String text = "x".repeat(3_000_000);
    tap.emitRecord(DID, POSTS, "large", false, "{\"text\":\"" + text + "\"}");
    long tooLarge =
        tap.emitRecord(DID, POSTS, "larger", false, "{\"text\":\"" + text + text + "\"}");
    EventStream<TapEvent> stream = open(stream(NettyTransport.builder().maxMessageSize(4_000_000)));

    List<Delivery<TapEvent>> deliveries = Pull.next(stream, 2);
    deliveries.forEach(Delivery::ack);

    assertThat(Pull.record(deliveries.get(0)).record().orElseThrow().path("text").asString())
        .isEqualTo(text);
    TapMalformed cut = (TapMalformed) deliveries.get(1).event();
    assertThat(cut.id()).hasValue(tooLarge);
    assertThat(cut.size()).isGreaterThan(6_000_000);
    assertThat(cut.raw()).hasSize(4096);
    awaitAcked(2);
    assertThat(tap.connectionsOpened()).isEqualTo(1);
  }

  @Test
  @DisplayName("fragmented: fragments with pings between them are one event")
  void fragmented() throws Exception {
    start(patientTap());
    tap.faults().fragmentEvents(7);
    emit("pieces");
    EventStream<TapEvent> stream = open(stream());

    TapRecord event = Pull.record(Pull.next(stream));

    assertThat(event.rkey()).isEqualTo("pieces");
    assertThat(event.recordBytes().orElseThrow())
        .isEqualTo(Messages.POST.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    await().atMost(Pull.PATIENCE).until(() -> tap.clientPongs() > 0);
  }
}
