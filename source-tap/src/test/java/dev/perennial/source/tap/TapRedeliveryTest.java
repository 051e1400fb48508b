package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamState;
import dev.perennial.simulators.tap.TapSimulator;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Whole streams against a simulated Tap: its order, and what it sends again. */
class TapRedeliveryTest extends TapStreamFixture {

  @Test
  @DisplayName("live-barrier: of one repo, the second live event comes only after the first's ack")
  void liveBarrier() throws Exception {
    start(patientTap());
    emit("1", true);
    emit("2", true);
    tap.emitRecord("did:plc:other", POSTS, "3", true, Messages.POST);
    EventStream<TapEvent> stream = open(stream());

    List<Delivery<TapEvent>> firsts = Pull.next(stream, 2);
    assertThat(firsts)
        .extracting(delivery -> Pull.record(delivery).rkey())
        .containsExactlyInAnyOrder("1", "3");
    assertThat(stream.next(Duration.ofMillis(100))).isEmpty();

    firsts.stream()
        .filter(delivery -> Pull.record(delivery).rkey().equals("1"))
        .forEach(Delivery::ack);
    assertThat(Pull.record(Pull.next(stream)).rkey()).isEqualTo("2");
  }

  @Test
  @DisplayName("dup-in-flight: copies of an event in hand are dropped, and acked once")
  void dupInFlight() throws Exception {
    start(TapSimulator.builder().retryTimeout(Duration.ofMillis(100)));
    long id = emit("slow");
    EventStream<TapEvent> stream = open(stream());

    Delivery<TapEvent> delivery = Pull.next(stream);
    Pull.quietlyUntil(stream, () -> recorder.dropped.size() >= 3);
    assertThat(sent()).isEmpty();
    assertThat(delivery.ack()).isTrue();
    awaitAcked(1);
    stream.close();

    // A copy that was on its way when the ack was written is acked for itself.
    await()
        .atMost(Pull.PATIENCE)
        .untilAsserted(() ->
            assertThat(sent()).hasSize(1 + (int) recorder.ackedAgain()).containsOnly(ack(id)));
    assertThat(stream.stats().received()).isEqualTo(1);
  }

  @Test
  @DisplayName("dup-settled: a copy of an acked event is acked and not handed out")
  void dupSettled() throws Exception {
    start(patientTap());
    long id = emit("done");
    EventStream<TapEvent> stream = open(stream());
    Delivery<TapEvent> delivery = Pull.next(stream);
    delivery.ack();
    awaitAcked(1);

    tap.faults().sendText(((TapRecord) delivery.event()).rawText());
    Pull.quietlyUntil(stream, () -> recorder.ackedAgain() == 1);

    await().atMost(Pull.PATIENCE).until(() -> sent().size() == 2);
    assertThat(sent()).containsOnly(ack(id));
  }

  @Test
  @DisplayName("id-reuse: after a restart the same id with another payload is handled anew")
  void idReuse() throws Exception {
    start(patientTap());
    long first = emit("before");
    EventStream<TapEvent> stream = open(stream());
    Pull.next(stream).ack();
    await().atMost(Pull.PATIENCE).until(() -> tap.outboxSize() == 0);

    tap.restart();
    long second = emit("after");
    Delivery<TapEvent> delivery = Pull.next(stream);

    assertThat(second).isEqualTo(first);
    assertThat(Pull.record(delivery).rkey()).isEqualTo("after");
    delivery.ack();
    awaitAcked(2);
    assertThat(recorder.dropped).isEmpty();
  }

  @Test
  @DisplayName("id-reuse: so is an identity event in the same words as one before the restart")
  void idReuseOfAnIdentity() throws Exception {
    start(patientTap());
    tap.emitIdentity(DID, "a.test", false, "suspended");
    EventStream<TapEvent> stream = open(stream());
    Delivery<TapEvent> first = Pull.next(stream);
    first.ack();
    await().atMost(Pull.PATIENCE).until(() -> tap.outboxSize() == 0);

    tap.restart();
    tap.emitIdentity(DID, "a.test", false, "suspended");
    Delivery<TapEvent> second = Pull.next(stream);

    assertThat(((TapIdentity) second.event()).rawText())
        .isEqualTo(((TapIdentity) first.event()).rawText());
    second.ack();
    awaitAcked(2);
  }

  @Test
  @DisplayName("disconnect-mid-handler: no stale ack on the new connection; the copy is acked once")
  void disconnectMidHandler() throws Exception {
    start(TapSimulator.builder().retryTimeout(Duration.ofMillis(500)));
    long id = emit("held");
    EventStream<TapEvent> stream = open(stream());
    Delivery<TapEvent> delivery = Pull.next(stream);

    tap.faults().cutConnections();
    Pull.quietlyUntil(
        stream, () -> tap.connectionsOpened() == 2 && stream.state() == StreamState.LIVE);
    delivery.ack();
    // What came on the first connection cannot be acked on this one; its copy can.
    Pull.quietlyUntil(stream, () -> tap.acked() == 1);

    assertThat(recorder.dropped).isNotEmpty();
    assertThat(sent())
        .containsOnly(ack(id))
        .hasSizeLessThanOrEqualTo(1 + (int) recorder.ackedAgain());
    assertThat(stream.stats().received()).isEqualTo(1);
  }

  @Test
  @DisplayName("premature-ack guard: what came on a lost connection is never acked on the next")
  void prematureAckGuard() throws Exception {
    start(patientTap());
    List<String> rkeys = IntStream.range(0, 20).mapToObj(i -> "r" + i).toList();
    rkeys.forEach(this::emit);
    EventStream<TapEvent> stream = open(stream());
    List<Delivery<TapEvent>> deliveries = Pull.next(stream, 20);

    tap.faults().cutConnections();
    Pull.quietlyUntil(
        stream, () -> tap.connectionsOpened() == 2 && stream.state() == StreamState.LIVE);
    assertThat(deliveries).allMatch(Delivery::ack);
    stream.close();

    assertThat(sent()).isEmpty();
    assertThat(tap.acked()).isZero();
  }

  @Test
  @DisplayName("disconnect-mid-handler: if no copy comes, the ack is sent for what Tap still knows")
  void disconnectWithoutCopy() throws Exception {
    start(patientTap());
    long id = emit("held", true);
    EventStream<TapEvent> stream = open(stream());
    Delivery<TapEvent> delivery = Pull.next(stream);

    tap.faults().cutConnections();
    Pull.quietlyUntil(
        stream, () -> tap.connectionsOpened() == 2 && stream.state() == StreamState.LIVE);
    delivery.ack();
    Pull.quietlyUntil(stream, () -> tap.acked() == 1);
    stream.close();

    assertThat(sent()).containsExactly(ack(id));
    assertThat(recorder.dropped).isEmpty();
  }

  @Test
  @DisplayName("premature-ack guard: after a restart what waits behind another event is not acked")
  void prematureAckAfterARestart() throws Exception {
    start(TapSimulator.builder().retryTimeout(NEVER).deleteInterval(NEVER));
    List<Long> ids = List.of(emit("first", true), emit("second", true), emit("third", true));
    EventStream<TapEvent> stream = open(stream());
    Pull.next(stream).ack();
    Delivery<TapEvent> second = Pull.next(stream);

    tap.stop();
    second.ack();
    tap.start();
    Delivery<TapEvent> third = Pull.next(stream);
    assertThat(Pull.record(third).rkey()).isEqualTo("third");
    third.ack();
    awaitAcked(3);

    // The first was acked, but not deleted, so it came again before the second.
    assertThat(sent())
        .containsExactly(ack(ids.get(0)), ack(ids.get(0)), ack(ids.get(1)), ack(ids.get(2)));
    assertThat(recorder.ackedAgain()).isEqualTo(2);
  }

  @Test
  @DisplayName(
      "tap-restart: acked events that the server forgot it deleted are acked again, not handled again")
  void tapRestart() throws Exception {
    start(TapSimulator.builder().retryTimeout(NEVER).deleteInterval(NEVER));
    for (int i = 0; i < 50; i++) {
      emit("r" + i);
    }
    EventStream<TapEvent> stream = open(stream());
    Pull.next(stream, 50).forEach(Delivery::ack);
    awaitAcked(50);

    tap.restart();
    Pull.quietlyUntil(stream, () -> recorder.ackedAgain() == 50);

    await().atMost(Pull.PATIENCE).until(() -> sent().size() == 100);
    assertThat(tap.connectionsOpened()).isEqualTo(2);
    assertThat(stream.stats().received()).isEqualTo(50);
  }
}
