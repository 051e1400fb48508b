package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.perennial.AckMode;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamListener;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.source.tap.TapAdminException.Reason;
import dev.perennial.source.tap.TapUnderTest.Setup;
import dev.perennial.transport.netty.NettyTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cases of a Tap, run against a real one and against the simulator. */
abstract class TapServerCases {

  /** A Tap deletes acked events every 10 s. */
  private static final Duration DELETED = Duration.ofSeconds(30);

  private static final Duration SHORT = Duration.ofMillis(1);

  private static final BackoffPolicy SOON =
      BackoffPolicy.exponential(Duration.ofMillis(20), Duration.ofMillis(200));

  private final List<AutoCloseable> opened = new ArrayList<>();
  private final AtomicLong ackedAgain = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private NettyTransport transport;
  TapUnderTest tap;
  TapAdmin admin;

  abstract TapUnderTest tap(Setup setup, Path folder) throws Exception;

  @TempDir Path folder;

  @BeforeEach
  void makeTransport() {
    transport = NettyTransport.create();
    opened.add(transport);
  }

  @AfterEach
  void closeAll() throws Exception {
    for (int i = opened.size() - 1; i >= 0; i--) {
      opened.get(i).close();
    }
  }

  private void given(Setup setup) throws Exception {
    tap = tap(setup, folder);
    opened.add(0, tap);
    admin = TapAdmin.of(tap.address());
  }

  private void put(long id, String did, boolean live, String rkey) throws Exception {
    tap.put(List.of(Messages.row(id, did, live, rkey)));
  }

  private EventStreamBuilder<TapEvent> stream() {
    return EventStream.from(TapSource.of(tap.address(), transport))
        .backoff(SOON)
        .listener(
            new StreamListener() {
              @Override
              public void onRedeliveryDropped(RedeliveryDropped redelivery) {
                dropped.incrementAndGet();
                if (redelivery.isAcked()) {
                  ackedAgain.incrementAndGet();
                }
              }
            });
  }

  private EventStream<TapEvent> open(EventStreamBuilder<TapEvent> builder) {
    EventStream<TapEvent> stream = builder.open();
    opened.add(stream);
    return stream;
  }

  private void awaitOutbox(long size) {
    await().atMost(DELETED).ignoreExceptions().until(() -> admin.outboxBuffer() == size);
  }

  @Test
  @DisplayName(
      "auth-header: a password with a colon and an umlaut opens the stream and the admin API")
  void authHeader() throws Exception {
    given(Setup.PATIENT.withPassword("p:ä:ü"));
    tap.start();
    TapSourceBuilder source = TapSource.builder(transport).uri("http://" + tap.address() + "/");

    try (EventStream<TapEvent> stream = EventStream.from(source.password("p:ä:ü").build()).open()) {
      stream.awaitLive(Pull.PATIENCE);
    }
    assertThat(TapAdmin.builder().uri(tap.address()).password("p:ä:ü").build().health())
        .isEqualTo("ok");
  }

  @Test
  @DisplayName(
      "401-terminal: with a wrong password and with none, the stream dies of a typed error")
  void unauthorized() throws Exception {
    given(Setup.PATIENT.withPassword("right"));
    tap.start();
    for (TapSource source :
        List.of(
            TapSource.of(tap.address(), transport),
            TapSource.builder(transport).uri(tap.address()).password("wrong").build())) {
      try (EventStream<TapEvent> stream = EventStream.from(source).open()) {
        StreamFailedException death =
            catchThrowableOfType(StreamFailedException.class, stream::next);

        assertThat(death.reason()).isEqualTo(StreamFailedException.Reason.FATAL);
        assertThat(death.getCause())
            .isInstanceOfSatisfying(
                TapException.class,
                e -> {
                  assertThat(e.reason()).isEqualTo(TapException.Reason.UNAUTHORIZED);
                  assertThat(e.challenge()).get().asString().containsIgnoringCase("basic");
                });
      }
    }
    TapAdminException refused = catchThrowableOfType(TapAdminException.class, () -> admin.health());
    assertThat(refused.reason()).isEqualTo(Reason.UNAUTHORIZED);
    assertThat(refused).hasMessageContaining("admin auth required");
  }

  @Test
  @DisplayName("webhook-mode-400: the stream dies of a typed error of its own")
  void webhookMode() throws Exception {
    given(Setup.PATIENT.withWebhook());
    tap.start();

    StreamFailedException death =
        catchThrowableOfType(StreamFailedException.class, () -> open(stream()).next());

    assertThat(death.getCause())
        .isInstanceOfSatisfying(
            TapException.class,
            e -> assertThat(e.reason()).isEqualTo(TapException.Reason.WEBHOOK_MODE));
  }

  @Test
  @DisplayName(
      "record-parse, identity-parse, forward-compat, id-range, poison, deep-nesting, 3 MB: all come on one connection")
  void everyKindOfMessage() throws Exception {
    given(Setup.PATIENT);
    String deep = "[".repeat(20_000) + "]".repeat(20_000);
    Map<Long, String> messages = new HashMap<>();
    messages.put(1L, Messages.record("1"));
    messages.put(2L, Messages.deletion("2"));
    messages.put(
        3L,
        Messages.record("3")
            .replace("\"create\"", "\"update\"")
            .replace(",\"cid\":\"bafyreib\"", ""));
    messages.put(4L, Messages.identity("4", "", false, "takendown"));
    messages.put(5L, Messages.identity("5", "handle.invalid", true, "active"));
    messages.put(6L, "{\"id\":6,\"type\":\"label\",\"label\":{\"val\":\"x\"}}");
    messages.put(7L, "{\"id\":7,\"type\":\"record\",\"record\":{\"live\":1}}");
    messages.put(8L, "{\"id\":8,\"type\":\"record\",\"record\":{nope");
    messages.put(9L, Messages.record("9").replace("\"hi\"", deep));
    messages.put(10L, Messages.record("10").replace("\"hi\"", '"' + "ä".repeat(1_500_000) + '"'));
    messages.put((1L << 53) + 1, Messages.record("9007199254740993"));
    messages.put(Long.MAX_VALUE - 1, "{ this is no JSON");
    messages.put(Long.MAX_VALUE, Messages.record("9223372036854775807"));
    for (Map.Entry<Long, String> message : messages.entrySet()) {
      tap.put(message.getKey(), "did:plc:d" + message.getKey(), false, message.getValue());
    }
    tap.start();
    EventStream<TapEvent> stream = open(stream());

    List<Delivery<TapEvent>> deliveries = Pull.next(stream, messages.size());
    deliveries.forEach(Delivery::ack);

    assertThat(deliveries)
        .extracting(delivery -> delivery.event().rawText())
        .containsExactlyInAnyOrderElementsOf(messages.values());
    assertThat(deliveries).filteredOn(delivery -> delivery.event() instanceof TapRecord).hasSize(7);
    assertThat(deliveries)
        .filteredOn(delivery -> delivery.event() instanceof TapIdentity)
        .hasSize(2);
    assertThat(deliveries)
        .filteredOn(delivery -> delivery.event() instanceof TapUnknown)
        .hasSize(1);
    assertThat(deliveries)
        .filteredOn(delivery -> delivery.event() instanceof TapMalformed)
        .hasSize(3);
    // All events but the one without a readable id are acked.
    awaitOutbox(1);
    assertThat(stream.stats().reconnects()).isZero();
  }

  @Test
  @DisplayName(
      "live-barrier: of one repo, each live event comes only after the ack of what is before it")
  void liveBarrier() throws Exception {
    given(Setup.PATIENT);
    put(1, "did:plc:a", true, "1");
    put(2, "did:plc:a", true, "2");
    put(3, "did:plc:a", false, "3");
    put(4, "did:plc:a", false, "4");
    put(5, "did:plc:a", true, "5");
    tap.start();
    EventStream<TapEvent> stream = open(stream());

    for (List<String> together :
        List.of(List.of("1"), List.of("2"), List.of("3", "4"), List.of("5"))) {
      List<Delivery<TapEvent>> deliveries = Pull.next(stream, together.size());
      assertThat(deliveries)
          .extracting(delivery -> Pull.record(delivery).rkey())
          .containsExactlyInAnyOrderElementsOf(together);
      assertThat(stream.next(Duration.ofMillis(200))).isEmpty();
      deliveries.forEach(Delivery::ack);
    }
  }

  @Test
  @DisplayName(
      "dup-in-flight: copies of an event in hand are dropped, and its ack is the end of them")
  void dupInFlight() throws Exception {
    given(Setup.PATIENT.withRetryTimeout(Duration.ofSeconds(1)));
    put(1, "did:plc:a", false, "slow");
    put(2, "did:plc:b", true, "live");
    tap.start();
    EventStream<TapEvent> stream = open(stream());

    List<Delivery<TapEvent>> deliveries = Pull.next(stream, 2);
    Pull.quietlyUntil(stream, () -> dropped.get() >= 4);
    assertThat(admin.outboxBuffer()).isEqualTo(2);
    deliveries.forEach(Delivery::ack);

    awaitOutbox(0);
    assertThat(stream.next(Duration.ofMillis(100))).isEmpty();
  }

  @Test
  @DisplayName(
      "tap-restart, dup-settled: acked events that were not deleted come again, are acked and not handed out")
  void tapRestart() throws Exception {
    given(Setup.PATIENT);
    for (int i = 1; i <= 50; i++) {
      put(i, "did:plc:d" + i % 7, i % 5 == 0, "r" + i);
    }
    tap.start();
    EventStream<TapEvent> stream = open(stream());
    for (int i = 0; i < 50; i++) {
      Pull.next(stream).ack();
    }
    tap.stop();
    int undeleted = tap.outbox();
    assumeThat(undeleted).as("the server deleted just before it was stopped").isPositive();
    tap.start();

    Pull.quietlyUntil(stream, () -> ackedAgain.get() == undeleted);

    awaitOutbox(0);
    assertThat(stream.stats().received()).isEqualTo(50);
  }

  @Test
  @DisplayName(
      "disconnect-mid-handler: after a crash of the server what was in hand is acked on the new connection")
  void crash() throws Exception {
    given(Setup.PATIENT);
    for (int i = 1; i <= 20; i++) {
      put(i, "did:plc:d" + i, false, "r" + i);
    }
    tap.start();
    EventStream<TapEvent> stream = open(stream());
    List<Delivery<TapEvent>> deliveries = Pull.next(stream, 20);

    tap.kill();
    deliveries.subList(0, 10).forEach(Delivery::ack);
    tap.start();
    Pull.quietlyUntil(stream, () -> dropped.get() == 20);
    deliveries.subList(10, 20).forEach(Delivery::ack);

    awaitOutbox(0);
    assertThat(stream.stats().received()).isEqualTo(20);
  }

  @Test
  @DisplayName("id-reuse: the same id with another payload is handled anew")
  void idReuse() throws Exception {
    given(Setup.PATIENT);
    put(1, "did:plc:a", false, "before");
    tap.start();
    EventStream<TapEvent> stream = open(stream());
    Pull.next(stream).ack();
    awaitOutbox(0);

    tap.stop();
    put(1, "did:plc:a", false, "after");
    tap.start();
    Delivery<TapEvent> delivery = Pull.next(stream);

    assertThat(Pull.record(delivery).rkey()).isEqualTo("after");
    assertThat(dropped).hasValue(0);
  }

  @Test
  @DisplayName("ack-off mode: everything comes, and is done without a word from us")
  void ackOff() throws Exception {
    given(Setup.PATIENT.withoutAcks());
    for (int i = 1; i <= 30; i++) {
      put(i, "did:plc:d" + i % 3, i % 2 == 0, "r" + i);
    }
    tap.start();
    EventStream<TapEvent> stream = open(stream().acks(AckMode.NEVER));

    assertThat(Pull.next(stream, 30))
        .extracting(delivery -> Pull.record(delivery).rkey())
        .doesNotHaveDuplicates();

    awaitOutbox(0);
  }

  @Test
  @DisplayName(
      "ack-after-handler, live-barrier: many repos, acks in any order: each event once, each repo's live ones in order")
  void manyEvents() throws Exception {
    given(Setup.PATIENT);
    Random random = new Random(7);
    int events = 1_500;
    Map<String, Queue<Long>> live = new HashMap<>();
    for (long id = 1; id <= events; id++) {
      String did = "did:plc:d" + random.nextInt(40);
      boolean isLive = random.nextInt(3) == 0;
      put(id, did, isLive, "r" + id);
      if (isLive) {
        live.computeIfAbsent(did, d -> new ArrayDeque<>()).add(id);
      }
    }
    tap.start();
    EventStream<TapEvent> stream = open(stream().window(64));
    Set<Long> seen = new HashSet<>();
    List<Delivery<TapEvent>> held = new ArrayList<>();

    while (seen.size() < events) {
      Optional<Delivery<TapEvent>> next = stream.next(held.isEmpty() ? Pull.PATIENCE : SHORT);
      next.ifPresent(held::add);
      assertThat(held).as("what can be acked, so that more can come").isNotEmpty();
      if (next.isEmpty() || held.size() == 64 || random.nextInt(4) == 0) {
        Collections.shuffle(held, random);
        Delivery<TapEvent> done = held.remove(held.size() - 1);
        TapRecord event = Pull.record(done);
        assertThat(seen.add(Pull.id(done))).as("%s came twice", event).isTrue();
        if (event.isLive()) {
          assertThat(live.get(event.did()).remove()).isEqualTo(Pull.id(done));
        }
        done.ack();
      }
    }

    awaitOutbox(0);
    assertThat(dropped).hasValue(0);
  }

  @Test
  @DisplayName("admin-api: everything that a Tap without a network can answer")
  void managementApi() throws Exception {
    given(Setup.PATIENT);
    put(1, "did:plc:a", false, "r");
    tap.start();
    List<String> dids = new ArrayList<>();
    for (int i = 0; i < 2_345; i++) {
      dids.add("did:plc:many" + i);
    }

    assertThat(admin.health()).isEqualTo("ok");
    admin.addRepos(List.of("did:plc:ewvi7nxzyoun6zhxrhs64oiz", "did:web:example.org%3A8080"));
    RepoInfo info = admin.info("did:plc:ewvi7nxzyoun6zhxrhs64oiz");
    assertThat(info.did()).isEqualTo("did:plc:ewvi7nxzyoun6zhxrhs64oiz");
    assertThat(info.state()).isEqualTo(RepoState.PENDING);
    assertThat(info.records()).isZero();
    assertThat(info.handle()).isEmpty();
    assertThat(admin.repoCount()).isEqualTo(2);
    admin.addRepos(dids);
    assertThat(admin.repoCount()).isEqualTo(2_347);
    admin.removeRepos(dids);
    admin.removeRepos(List.of("did:plc:never-added"));
    assertThat(admin.repoCount()).isEqualTo(2);
    admin.addRepos(List.of());
    assertThat(admin.recordCount()).isZero();
    assertThat(admin.outboxBuffer()).isEqualTo(1);
    assertThat(admin.resyncBuffer()).isZero();
    assertThat(admin.cursors().firehose()).isEmpty();
    assertThat(admin.cursors().listRepos()).isEmpty();
    assertThat(catchThrowableOfType(TapAdminException.class, () -> admin.info("did:plc:unknown")))
        .hasMessageContaining("repo not found")
        .extracting(TapAdminException::reason)
        .isEqualTo(Reason.NOT_FOUND);
    assertThat(
            catchThrowableOfType(
                    TapAdminException.class,
                    () -> admin.resolve("did:plc:ewvi7nxzyoun6zhxrhs64oiz"))
                .reason())
        .isIn(Reason.NOT_FOUND, Reason.SERVER_ERROR);
  }
}
