package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamState;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.simulators.network.FaultProxy;
import dev.perennial.source.tap.TapUnderTest.Row;
import dev.perennial.source.tap.TapUnderTest.Setup;
import dev.perennial.transport.netty.NettyTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is lost between a Tap and a stream, and how soon it goes on: a real Tap, or the simulator.
 *
 * <p>{@code -Dperennial.tap.outages}, {@code -Dperennial.tap.rows} and the like make the long run
 * longer.
 */
abstract class TapOutageCases {

  private static final int OUTAGES = Integer.getInteger("perennial.tap.outages", 6);
  private static final int ROWS = Integer.getInteger("perennial.tap.rows", 2_000);

  /** How many milliseconds an event is handled at most, but for every twentieth. */
  private static final int HANDLING = Integer.getInteger("perennial.tap.handling", 20);

  private static final Duration RETRY =
      Duration.ofMillis(Long.getLong("perennial.tap.retry", 4_000));
  private static final long SEED = Long.getLong("perennial.tap.seed", 1);

  /** In what time a run must get on by an event; a repo that has stalled never does. */
  private static final Duration STALLED = Duration.ofMinutes(1);

  private static final Duration OFTEN = Duration.ofMillis(300);
  private static final Duration NEVER = Duration.ofMinutes(10);

  private static final BackoffPolicy SOON =
      BackoffPolicy.exponential(Duration.ofMillis(20), Duration.ofMillis(200));

  private final List<AutoCloseable> opened = new ArrayList<>();
  private TapUnderTest tap;
  private FaultProxy proxy;
  private TapAdmin admin;
  private EventStream<TapEvent> stream;

  @TempDir Path folder;

  abstract TapUnderTest tap(Setup setup, Path folder) throws Exception;

  @AfterEach
  void closeAll() throws Exception {
    for (int i = opened.size() - 1; i >= 0; i--) {
      opened.get(i).close();
    }
  }

  private void given(Setup setup) throws Exception {
    tap = tap(setup, folder);
    opened.add(tap);
    proxy = FaultProxy.to(tap.address());
    opened.add(proxy);
    admin = TapAdmin.of(tap.address());
  }

  /**
   * @param pingInterval how often Tap confirms acks
   */
  private void open(int window, Duration pingInterval) {
    NettyTransport transport = NettyTransport.builder().pingInterval(pingInterval).build();
    opened.add(transport);
    stream =
        EventStream.from(TapSource.of(proxy.address(), transport))
            .backoff(SOON)
            .window(window)
            .open();
    opened.add(stream);
  }

  /** Events of some repos in turn, all of them live. */
  private static List<Row> liveRows(int from, int to, int repos, String rkey) {
    List<Row> rows = new ArrayList<>();
    for (int id = from; id <= to; id++) {
      rows.add(Messages.row(id, "did:plc:d" + id % repos, true, rkey + id));
    }
    return rows;
  }

  private void awaitEmptyOutbox() {
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .until(() -> admin.outboxBuffer() == 0);
  }

  @Test
  @DisplayName(
      "cut: live repos whose acks were lost with the connection go on at once, not at Tap's next retry")
  void cut() throws Exception {
    given(Setup.PATIENT);
    int repos = 20;
    tap.put(liveRows(1, 4 * repos, repos, "r"));
    tap.start();
    open(1_024, OFTEN);
    Set<Long> seen = new TreeSet<>();

    for (int round = 0; round < 3; round++) {
      int lost = round == 2 ? repos / 2 : repos;
      List<Delivery<TapEvent>> live = Pull.next(stream, repos);
      if (round == 2) {
        // Half of them are acked only after the reset, and half of these after the reconnect.
        proxy.reset();
        live.subList(0, lost).forEach(Delivery::ack);
        Pull.quietlyUntil(stream, () -> stream.stats().reconnects() == 3);
        live.subList(lost, repos).forEach(Delivery::ack);
      } else {
        proxy.loseRequests();
        live.forEach(Delivery::ack);
        // Nothing is on its way here, so only acks are lost.
        assertThat(stream.next(Duration.ofMillis(300))).isEmpty();
        proxy.reset();
      }
      live.forEach(delivery -> assertThat(seen.add(Pull.id(delivery))).isTrue());
    }
    Pull.next(stream, repos).forEach(Delivery::ack);

    awaitEmptyOutbox();
    assertThat(stream.stats().received()).isEqualTo(4 * repos);
    assertThat(stream.stats().redeliveriesDropped()).isZero();
    assertThat(stream.close(Duration.ofSeconds(5)).unsent()).isZero();
  }

  @Test
  @DisplayName("restart: acks from before it are left to the copies, and no repo stalls")
  void restart() throws Exception {
    given(Setup.PATIENT);
    int repos = 20;
    tap.put(liveRows(1, 5 * repos, repos, "r"));
    tap.start();
    open(1_024, OFTEN);

    List<Delivery<TapEvent>> first = Pull.next(stream, repos);
    proxy.loseRequests();
    first.subList(0, 10).forEach(Delivery::ack);
    tap.kill();
    first.subList(10, 15).forEach(Delivery::ack);
    tap.start();
    // The copies of the acked events are acked again, which sets free the next event of their
    // repos.
    List<Delivery<TapEvent>> early =
        Pull.until(
            stream, () -> stream.stats().reconnects() > 0 && stream.state() == StreamState.LIVE);
    first.subList(15, 20).forEach(Delivery::ack);
    early.forEach(Delivery::ack);
    for (int i = early.size(); i < 4 * repos; i++) {
      Pull.next(stream).ack();
    }

    awaitEmptyOutbox();
    assertThat(stream.stats().received()).isEqualTo(5 * repos);
    assertThat(stream.close(Duration.ofSeconds(5)).unsent()).isZero();
  }

  @Test
  @DisplayName("id-reuse: a Tap that begins with id 1 again gets no ack of an event from before")
  void reusedIds() throws Exception {
    given(Setup.PATIENT);
    int repos = 10;
    tap.put(liveRows(1, repos, repos, "before"));
    tap.start();
    open(1_024, NEVER);
    Pull.next(stream, repos).forEach(Delivery::ack);
    awaitEmptyOutbox();
    tap.stop();
    // All in one repo: the first is sent, and the others wait for its ack.
    tap.put(liveRows(1, repos, 1, "after"));
    tap.start();

    List<String> after = new ArrayList<>();
    for (int i = 0; i < repos; i++) {
      Delivery<TapEvent> delivery = Pull.next(stream);
      after.add(Pull.record(delivery).rkey());
      if (i == 0) {
        assertThat(stream.next(Duration.ofSeconds(3))).isEmpty();
      }
      delivery.ack();
    }

    assertThat(after)
        .isEqualTo(liveRows(1, repos, 1, "after").stream().map(row -> "after" + row.id()).toList());
    awaitEmptyOutbox();
  }

  @Test
  @DisplayName("cuts and restarts in a row, under load: each event is handled once, no repo stalls")
  void manyOutages() throws Exception {
    given(Setup.PATIENT.withRetryTimeout(RETRY));
    Random random = new Random(SEED);
    int repos = Math.max(20, ROWS / 100);
    List<Row> rows = new ArrayList<>();
    for (int id = 1; id <= ROWS; id++) {
      rows.add(
          Messages.row(id, "did:plc:d" + random.nextInt(repos), random.nextInt(3) > 0, "r" + id));
    }
    tap.put(rows);
    tap.start();
    open(Math.min(ROWS / 4, 4_096), OFTEN);
    Load load = new Load(random);

    for (int outages = 0; outages < OUTAGES; outages++) {
      load.pullTo((outages + 1) * ROWS / (OUTAGES + 1));
      outage(random, load);
    }
    load.pullTo(ROWS);
    await().atMost(Pull.PATIENCE).until(() -> load.handled.get() == ROWS);
    Pull.quietlyUntil(stream, this::outboxIsEmpty);

    assertThat(load.seen.values()).as("how often each event came").containsOnly(1);
    System.out.printf(
        "%s: %d events over %d outages, longest silence %d ms, %d copies, %d reconnects%n",
        getClass().getSimpleName(),
        ROWS,
        OUTAGES,
        load.longest.toMillis(),
        stream.stats().redeliveriesDropped(),
        stream.stats().reconnects());
  }

  private boolean outboxIsEmpty() {
    try {
      return admin.outboxBuffer() == 0;
    } catch (Exception e) {
      return false;
    }
  }

  /** An application that handles most events soon, and some after seconds. */
  private final class Load {
    final Map<Long, Integer> seen = new HashMap<>();
    final AtomicInteger handled = new AtomicInteger();
    Duration longest = Duration.ZERO;
    private final Random random;
    private final ScheduledExecutorService handlers = Executors.newScheduledThreadPool(2);
    private long last = System.nanoTime();

    Load(Random random) {
      this.random = random;
      opened.add(handlers::shutdownNow);
    }

    /** Pulls until so many events came. */
    void pullTo(int events) throws Exception {
      while (seen.size() < events) {
        pull();
      }
    }

    /** Pulls for a time. */
    void pullFor(int millis) throws Exception {
      for (long end = System.nanoTime() + millis * 1_000_000L; end - System.nanoTime() > 0; ) {
        pull();
      }
    }

    private void pull() throws Exception {
      Optional<Delivery<TapEvent>> next = stream.next(Duration.ofMillis(20));
      Duration silence = Duration.ofNanos(System.nanoTime() - last);
      assertThat(silence).as("%s events came, then nothing", seen.size()).isLessThan(STALLED);
      if (next.isEmpty()) {
        return;
      }
      longest = silence.compareTo(longest) > 0 ? silence : longest;
      last = System.nanoTime();
      seen.merge(Pull.id(next.get()), 1, Integer::sum);
      handlers.schedule(
          () -> {
            next.get().ack();
            handled.incrementAndGet();
          },
          random.nextInt(random.nextInt(20) == 0 ? 3_000 : HANDLING),
          TimeUnit.MILLISECONDS);
    }
  }

  /** One fault of the network or of Tap, or two in a row. */
  private void outage(Random random, Load load) throws Exception {
    int kind = random.nextInt(8);
    if (kind >= 5) {
      proxy.loseRequests();
      load.pullFor(random.nextInt(100));
    }
    switch (kind) {
      case 0, 5 -> proxy.reset();
      case 1, 6 -> restart(random.nextBoolean());
      case 2 -> {
        proxy.reset();
        load.pullFor(random.nextInt(1_000));
        proxy.reset();
      }
      case 3 -> {
        restart(random.nextBoolean());
        load.pullFor(random.nextInt(300));
        proxy.reset();
      }
      case 4 -> {
        proxy.reset();
        load.pullFor(random.nextInt(2_600));
        restart(random.nextBoolean());
      }
      default -> {
        restart(random.nextBoolean());
        load.pullFor(random.nextInt(300));
        restart(random.nextBoolean());
      }
    }
  }

  private void restart(boolean orderly) throws Exception {
    if (orderly) {
      tap.stop();
    } else {
      tap.kill();
    }
    tap.start();
  }
}
