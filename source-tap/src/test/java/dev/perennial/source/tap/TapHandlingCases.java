package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.perennial.DeadLetterSink;
import dev.perennial.Delivery;
import dev.perennial.DeliveryHandler;
import dev.perennial.EventStream;
import dev.perennial.Handling;
import dev.perennial.KeyQuarantinedException;
import dev.perennial.StreamListener;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.simulators.network.FaultProxy;
import dev.perennial.source.tap.RecordingTransport.Ack;
import dev.perennial.source.tap.TapUnderTest.Row;
import dev.perennial.source.tap.TapUnderTest.Setup;
import dev.perennial.transport.netty.NettyTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Handlers that run at once, in order per repo, for the events of a real Tap or the simulator. */
abstract class TapHandlingCases {

  private static final String ONE = "did:plc:one";
  private static final String OTHER = "did:plc:other";
  private static final int HANDLERS = 4;

  private static final BackoffPolicy SOON =
      BackoffPolicy.exponential(Duration.ofMillis(20), Duration.ofMillis(200));

  private final List<AutoCloseable> opened = new ArrayList<>();
  private final HandlingRecorder recorder = new HandlingRecorder();
  private final AtomicLong ackedAgain = new AtomicLong();

  /** The ids of the events of which copies came. */
  private final Set<Long> copied = ConcurrentHashMap.newKeySet();

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private TapUnderTest tap;
  private FaultProxy proxy;
  private RecordingTransport transport;
  private EventStream<TapEvent> stream;
  private Future<?> consuming;

  @TempDir Path folder;

  abstract TapUnderTest tap(Setup setup, Path folder) throws Exception;

  @AfterEach
  void closeAll() throws Exception {
    for (int i = opened.size() - 1; i >= 0; i--) {
      opened.get(i).close();
    }
  }

  /** Starts a Tap with events, and opens a stream to it. */
  private void given(Setup setup, List<Row> rows) throws Exception {
    opened.add(threads::shutdownNow);
    tap = tap(setup, folder);
    opened.add(tap);
    tap.put(rows);
    tap.start();
    proxy = FaultProxy.to(tap.address());
    opened.add(proxy);
    NettyTransport netty = NettyTransport.create();
    opened.add(netty);
    transport = new RecordingTransport(netty, recorder::isDone);
    stream =
        EventStream.from(TapSource.of(proxy.address(), transport))
            .backoff(SOON)
            .listener(
                new StreamListener() {
                  @Override
                  public void onRedeliveryDropped(RedeliveryDropped redelivery) {
                    copied.add(((TapPosition) redelivery.position()).id().orElseThrow());
                    if (redelivery.isAcked()) {
                      ackedAgain.incrementAndGet();
                    }
                  }
                })
            .open();
    opened.add(stream);
  }

  private Handling<TapEvent> perRepo(int handlers) {
    return Handling.<TapEvent>inOrderPerKey(event -> recorder.didOf(event), handlers);
  }

  private void consume(Handling<TapEvent> handling, DeliveryHandler<TapEvent> handler) {
    consuming =
        threads.submit(() -> {
          stream.consume(recorder.aroundHandler(handler), handling);
          return null;
        });
  }

  private void awaitUntil(Callable<Boolean> condition) {
    await()
        .atMost(Pull.PATIENCE)
        .failFast(
            "consume() has ended",
            () -> {
              if (consuming.isDone()) {
                consuming.get();
                throw new AssertionError("consume() has returned");
              }
            })
        .until(condition);
  }

  private void awaitDone(int events) {
    awaitUntil(() -> recorder.done().size() == events && stream.stats().unacked() == 0);
  }

  /** Closes the stream, and checks what holds for each. */
  private void finish() throws Exception {
    stream.close();
    consuming.get(Pull.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    recorder.assertInOrderPerRepo();
    assertThat(transport.acks()).as("acks of events that are not done").allMatch(Ack::isDone);
  }

  private List<Long> ackedIds() {
    return transport.acks().stream().map(Ack::id).toList();
  }

  private static void pass(CountDownLatch latch) throws InterruptedException {
    assertThat(latch.await(Pull.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
  }

  /** Events of some repos, a third of them live. */
  private static List<Row> mixedRows(int events, int repos) {
    Random random = new Random(12);
    List<Row> rows = new ArrayList<>();
    for (int id = 1; id <= events; id++) {
      String did = "did:plc:d" + random.nextInt(repos);
      rows.add(Messages.row(id, did, random.nextInt(3) == 0, "r" + id));
    }
    return rows;
  }

  @Test
  @DisplayName(
      "live-barrier, dup-in-flight: while a handler fails or runs, its repo's next live event does not come, and copies get no handler")
  void liveBarrier() throws Exception {
    given(
        Setup.PATIENT.withRetryTimeout(Duration.ofSeconds(1)),
        List.of(
            Messages.row(1, ONE, true, "fails"),
            Messages.row(2, ONE, true, "behind"),
            Messages.row(3, OTHER, true, "slow"),
            Messages.row(4, OTHER, true, "behind")));
    CountDownLatch repaired = new CountDownLatch(1);
    consume(
        perRepo(HANDLERS).retryForever(SOON),
        delivery -> {
          long id = Pull.id(delivery);
          if (id == 1 && repaired.getCount() > 0) {
            throw new IllegalStateException("broken");
          } else if (id == 3) {
            pass(repaired);
          }
        });

    awaitUntil(() -> recorder.handlings(1) >= 3 && copied.containsAll(Set.of(1L, 3L)));
    assertThat(stream.stats().received()).isEqualTo(2);
    assertThat(TapAdmin.of(tap.address()).outboxBuffer()).isEqualTo(4);
    assertThat(transport.acks()).isEmpty();
    repaired.countDown();
    awaitDone(4);

    finish();
    assertThat(LongStream.of(2, 3, 4)).allMatch(id -> recorder.handlings(id) == 1);
    // A copy that is on its way at the time of the ack is acked as well.
    assertThat(transport.acks()).hasSize(4 + ackedAgain.intValue());
  }

  @Test
  @DisplayName(
      "per-DID serial, cross-DID parallel: slow repos hold up no others, and each repo keeps its order, across retries too")
  void slowRepos() throws Exception {
    int events = 600;
    List<Row> rows = mixedRows(events, 60);
    List<String> slow = List.of("did:plc:d0", "did:plc:d1", "did:plc:d2");
    long others = rows.stream().filter(row -> !slow.contains(row.did())).count();
    given(Setup.PATIENT, rows);
    CountDownLatch release = new CountDownLatch(1);
    consume(
        perRepo(slow.size() + 1).retry(SOON, 2),
        delivery -> {
          TapRecord event = Pull.record(delivery);
          if (slow.contains(event.did())) {
            pass(release);
          }
          event.json();
          if (Pull.id(delivery) % 10 == 0 && delivery.attempt() == 1) {
            throw new IllegalStateException("fails once");
          }
        });

    awaitUntil(() -> recorder.done().size() == others && recorder.running() == slow.size());
    release.countDown();
    awaitDone(events);

    finish();
    assertThat(recorder.begun()).hasSize(events + events / 10);
    assertThat(recorder.mostRunning()).isLessThanOrEqualTo(slow.size() + 1);
    assertThat(ackedIds()).hasSize(events).doesNotHaveDuplicates();
    assertThat(copied).isEmpty();
  }

  /** A sink that refuses everything until it is repaired. */
  private final class Sink implements DeadLetterSink<TapEvent> {

    final CountDownLatch repaired = new CountDownLatch(1);
    final AtomicInteger refusals = new AtomicInteger();
    final Queue<Throwable> errors = new ConcurrentLinkedQueue<>();

    @Override
    public void accept(Delivery<TapEvent> delivery, Throwable error) {
      if (repaired.getCount() > 0) {
        refusals.incrementAndGet();
        throw new IllegalStateException("the sink is broken");
      }
      errors.add(error);
    }
  }

  /** A repo that begins with a live event that cannot be handled, and another repo. */
  private static List<Row> poisoned() {
    return List.of(
        Messages.row(1, ONE, true, "poison"),
        Messages.row(2, ONE, true, "2"),
        Messages.row(3, ONE, false, "3"),
        Messages.row(4, ONE, false, "4"),
        Messages.row(5, ONE, true, "5"),
        Messages.row(6, OTHER, true, "6"),
        Messages.row(7, OTHER, true, "7"));
  }

  private static void failIfPoison(Delivery<TapEvent> delivery) {
    if (Pull.record(delivery).rkey().equals("poison")) {
      throw new IllegalArgumentException("poison");
    }
  }

  /** Waits until the sink has refused the poison, and checks that it holds up its repo alone. */
  private void assertHeldUpBy(Sink sink) {
    awaitUntil(() -> sink.refusals.get() >= 2 && recorder.done().size() == 2);
    assertThat(recorder.done()).containsExactly(6L, 7L);
    assertThat(stream.stats().received()).isEqualTo(3);
    assertThat(ackedIds()).doesNotContain(1L);
  }

  @Test
  @DisplayName(
      "handler-failure: an event that cannot be handled is acked once the sink has accepted it, and its repo goes on")
  void deadLetter() throws Exception {
    given(Setup.PATIENT, poisoned());
    Sink sink = new Sink();
    consume(
        perRepo(HANDLERS).retry(SOON, 3).thenDeadLetter(recorder.aroundSink(sink)),
        TapHandlingCases::failIfPoison);

    assertHeldUpBy(sink);
    sink.repaired.countDown();
    awaitDone(7);

    finish();
    assertThat(sink.errors).singleElement().isInstanceOf(IllegalArgumentException.class);
    assertThat(recorder.handlings(1)).isEqualTo(3);
    assertThat(LongStream.rangeClosed(2, 7)).allMatch(id -> recorder.handlings(id) == 1);
    assertThat(ackedIds()).hasSize(7).doesNotHaveDuplicates();
  }

  @Test
  @DisplayName(
      "handler-failure: the events behind a dead letter go to the sink, in order, until their repo is released")
  void quarantine() throws Exception {
    given(Setup.PATIENT, poisoned());
    Sink sink = new Sink();
    DeadLetterSink<TapEvent> releasing =
        (delivery, error) -> {
          sink.accept(delivery, error);
          if (sink.errors.size() == 4) {
            assertThat(stream.releaseKey(ONE)).isTrue();
          }
        };
    consume(
        perRepo(HANDLERS)
            .retry(SOON, 3)
            .thenDeadLetter(recorder.aroundSink(releasing))
            .quarantineKey(),
        TapHandlingCases::failIfPoison);

    assertHeldUpBy(sink);
    sink.repaired.countDown();
    awaitDone(7);

    finish();
    assertThat(List.copyOf(sink.errors).subList(1, 4))
        .allMatch(KeyQuarantinedException.class::isInstance);
    assertThat(Set.copyOf(recorder.begun())).containsExactlyInAnyOrder(1L, 5L, 6L, 7L);
    assertThat(ackedIds()).hasSize(7).doesNotHaveDuplicates();
    assertThat(stream.quarantinedKeys()).isEmpty();
  }

  @Test
  @DisplayName(
      "disconnect-mid-handler, dup-settled: after a restart and a cut under concurrent handlers, each event is handled once and no ack is stale")
  void outages() throws Exception {
    int repos = 20;
    List<Row> rows = new ArrayList<>();
    for (int id = 1; id <= 8 * repos; id++) {
      rows.add(Messages.row(id, "did:plc:d" + id % repos, id > 5 * repos, "r" + id));
    }
    given(Setup.PATIENT.withRetryTimeout(Duration.ofSeconds(2)), rows);
    Semaphore permits = new Semaphore(0);
    consume(
        perRepo(HANDLERS),
        delivery ->
            assertThat(permits.tryAcquire(Pull.PATIENCE.toMillis(), TimeUnit.MILLISECONDS))
                .isTrue());

    // A restart, with events done before and during it, some handlers running, and others waiting.
    permits.release(repos);
    awaitUntil(() -> recorder.done().size() == repos && recorder.running() == HANDLERS);
    awaitUntil(() -> recorder.arrived().size() >= 5 * repos);
    tap.kill();
    List<Long> unacked = new ArrayList<>(recorder.arrived());
    unacked.removeAll(recorder.done());
    copied.clear();
    permits.release(repos);
    awaitUntil(() -> recorder.done().size() == 2 * repos && recorder.running() == HANDLERS);
    tap.start();
    awaitUntil(() -> copied.containsAll(unacked));
    assertThat(recorder.begun()).hasSize(2 * repos + HANDLERS);

    // A cut, with acks lost before it and given between it and the next connection.
    permits.release(2 * repos);
    awaitUntil(() -> recorder.done().size() == 4 * repos && recorder.running() == HANDLERS);
    proxy.loseRequests();
    permits.release(repos / 2);
    awaitUntil(() -> recorder.done().size() == 4 * repos + repos / 2);
    int reconnects = (int) stream.stats().reconnects();
    proxy.reset();
    permits.release(repos / 2);
    awaitUntil(() -> stream.stats().reconnects() > reconnects);
    permits.release(rows.size());
    awaitDone(rows.size());
    TapAdmin admin = TapAdmin.of(tap.address());
    awaitUntil(() -> admin.outboxBuffer() == 0);

    finish();
    assertThat(recorder.begun()).hasSize(rows.size()).doesNotHaveDuplicates();
    assertThat(transport.acks().stream().filter(ack -> ack.channel() == 2))
        .as("acks to the restarted Tap")
        .isNotEmpty()
        .allMatch(Ack::isReceived);
  }

  @Test
  @DisplayName(
      "disconnect-mid-handler: an identity event that comes again after a restart waits for its first handler, and is acked once")
  void identityComesAgain() throws Exception {
    given(
        Setup.PATIENT,
        List.of(
            new Row(1, Messages.DID, false, Messages.identity("1", "a.test", true, "active")),
            Messages.row(2, Messages.DID, false, "2")));
    CountDownLatch restarted = new CountDownLatch(1);
    consume(perRepo(HANDLERS), delivery -> pass(restarted));

    awaitUntil(() -> recorder.running() == 1 && recorder.arrived().size() == 2);
    tap.kill();
    tap.start();
    awaitUntil(() -> recorder.arrived().equals(List.of(1L, 2L, 1L)) && copied.contains(2L));
    assertThat(recorder.begun()).containsExactly(1L);
    restarted.countDown();
    awaitDone(3);

    finish();
    assertThat(recorder.done()).containsExactly(1L, 2L, 1L);
    assertThat(transport.acks())
        .containsExactlyInAnyOrder(new Ack(2, 1, true, true), new Ack(2, 2, true, true));
  }

  @Test
  @DisplayName(
      "forward-compat, poison: unknown and malformed events have no repo, so they wait for nothing and hold up nothing")
  void withoutRepo() throws Exception {
    List<Long> unordered = List.of(1L, 2L, 4L);
    given(
        Setup.PATIENT,
        List.of(
            new Row(
                1, ONE, false, "{\"id\":1,\"type\":\"label\",\"label\":{\"did\":\"" + ONE + "\"}}"),
            new Row(2, ONE, false, "{\"id\":2,\"type\":\"record\",\"record\":{nope"),
            Messages.row(3, ONE, false, "3"),
            new Row(4, ONE, false, "{\"id\":4,\"type\":\"identity\",\"identity\":[]}"),
            Messages.row(5, ONE, false, "5"),
            new Row(6, ONE, false, "{ this is no JSON")));
    CountDownLatch together = new CountDownLatch(unordered.size());
    CountDownLatch others = new CountDownLatch(3);
    consume(
        perRepo(HANDLERS),
        delivery -> {
          if (unordered.contains(delivery.event().id().orElse(0))) {
            assertThat(delivery.event().did()).isNull();
            together.countDown();
            pass(together);
            pass(others);
          } else {
            others.countDown();
          }
        });

    awaitDone(6);

    finish();
    assertThat(recorder.begun()).hasSize(6);
    assertThat(ackedIds()).containsExactlyInAnyOrder(1L, 2L, 3L, 4L, 5L);
  }

  @Test
  @DisplayName(
      "per-DID serial: no repo is in two batches at once, each keeps its order, and only the event that fails alone is set aside")
  void batches() throws Exception {
    int events = 300;
    long poison = 77;
    List<Row> rows = mixedRows(events, 30);
    given(Setup.PATIENT, rows);
    Sink sink = new Sink();
    sink.repaired.countDown();
    CountDownLatch together = new CountDownLatch(2);
    Handling<TapEvent> handling =
        perRepo(HANDLERS).retry(SOON, 2).thenDeadLetter(recorder.aroundSink(sink));
    consuming =
        threads.submit(() -> {
          stream.consumeBatches(
              10,
              Duration.ofMillis(20),
              recorder.aroundBatches(batch -> {
                assertThat(batch.size()).isBetween(1, 10);
                together.countDown();
                pass(together);
                if (batch.deliveries().stream().anyMatch(d -> Pull.id(d) == poison)) {
                  throw new IllegalArgumentException("poison");
                }
              }),
              handling);
          return null;
        });

    awaitDone(events);

    finish();
    assertThat(sink.errors).hasSize(1);
    assertThat(ackedIds()).hasSize(events).doesNotHaveDuplicates();
    assertThat(recorder.mostRunning()).isLessThanOrEqualTo(HANDLERS);
  }
}
