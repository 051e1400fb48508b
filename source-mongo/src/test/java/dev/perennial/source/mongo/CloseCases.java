package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.mongodb.MongoClientSettings;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamClosedException;
import dev.perennial.StreamState;
import dev.perennial.source.mongo.MongoUnderTest.Failure;
import dev.perennial.source.mongo.MongoUnderTest.Setup;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How a stream ends when it is told to, and what a bad network does to it. */
abstract class CloseCases extends MongoServerCases {

  /** How much longer than the promise a busy machine may take: far less than what hangs. */
  private static final Duration SLACK = Duration.ofSeconds(3);

  private MongoSourceBuilder sourceBehindProxy() throws Exception {
    return sourceBehindProxy(Scope.collection(database, ORDERS));
  }

  /** Pulls in another thread until that is stuck, and says how long a close takes then. */
  private Duration timeToClose(
      EventStream<ChangeEvent> stream, Predicate<Thread> stuck, Duration deadline)
      throws InterruptedException {
    Thread puller =
        new Thread(() ->
            assertThatThrownBy(
                    () -> {
                      while (true) {
                        stream.next();
                      }
                    })
                .isInstanceOf(StreamClosedException.class));
    puller.start();
    await().atMost(Pull.PATIENCE).until(() -> stuck.test(puller));
    long begin = System.nanoTime();
    stream.close(deadline);
    Duration took = Duration.ofNanos(System.nanoTime() - begin);
    puller.join(SLACK.toMillis());
    assertThat(puller.isAlive()).as("the puller is still inside").isFalse();
    assertThat(stream.state()).isEqualTo(StreamState.CLOSED);
    return took;
  }

  /** Whether the driver waits for a server that can be used, for the stream in that thread. */
  private static boolean selectsServer(Thread puller) {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(entry -> entry.getKey().getState() == Thread.State.TIMED_WAITING)
        .map(Map.Entry::getValue)
        .anyMatch(CloseCases::isStreamsSelection);
  }

  private static boolean isStreamsSelection(StackTraceElement[] frames) {
    return Arrays.stream(frames).anyMatch(frame -> frame.getMethodName().startsWith("selectServer"))
        && Arrays.stream(frames)
            .anyMatch(frame -> frame.getClassName().startsWith("dev.perennial.source.mongo."));
  }

  private Predicate<Thread> inGetMore() {
    long before = commands.sent("getMore");
    return puller -> commands.sent("getMore") > before;
  }

  @Test
  @DisplayName(
      "case 29: a close during a getMore that waits takes no longer than that, and leaves no cursor")
  void closeWhileWaiting() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source().maxAwaitTime(Duration.ofMillis(500))));
    await().atMost(Pull.PATIENCE).until(() -> mongo.openCursors(database) == 1);

    Duration took = timeToClose(stream, inGetMore(), Duration.ofSeconds(30));

    assertThat(took).isLessThan(Duration.ofMillis(1_500).plus(SLACK));
    await().atMost(Pull.PATIENCE).until(() -> mongo.openCursors(database) == 0);
    assertThat(store.isClaimed(STREAM)).isFalse();
  }

  @Test
  @DisplayName("case 29: a close does not wait for the end of a getMore that waits for long")
  void closeWhileWaitingForLong() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source().maxAwaitTime(Duration.ofSeconds(20))));
    await().atMost(Pull.PATIENCE).until(() -> mongo.openCursors(database) == 1);

    Duration took = timeToClose(stream, inGetMore(), Duration.ofSeconds(30));

    assertThat(took).isLessThan(Duration.ofSeconds(2).plus(SLACK));
    await().atMost(Pull.PATIENCE).until(() -> mongo.openCursors(database) == 0);
    assertThat(store.isClaimed(STREAM)).isFalse();
  }

  @Test
  @DisplayName(
      "case 29: a close during a getMore that the network does not let through is over at its deadline")
  void closeWhileFrozen() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(sourceBehindProxy()));
    proxy.freeze();

    Duration took = timeToClose(stream, inGetMore(), Duration.ofSeconds(1));

    assertThat(took).isLessThan(Duration.ofSeconds(1).plus(SLACK));
    assertThat(store.isClaimed(STREAM)).isFalse();
  }

  @Test
  @DisplayName("case 29: a close during a getMore that hangs in the server is over at its deadline")
  void closeWhileHanging() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    mongo.failCommand(application, 1, Failure.blocking(Duration.ofSeconds(5)), "getMore");

    Duration took = timeToClose(stream, inGetMore(), Duration.ofSeconds(1));

    assertThat(took).isLessThan(Duration.ofSeconds(1).plus(SLACK));
    assertThat(store.isClaimed(STREAM)).isFalse();
  }

  @Test
  @DisplayName(
      "case 29: a close while the driver looks for a server: 1.5 s in connect, half the deadline in receive")
  void closeWhileSelecting() throws Exception {
    given(Setup.ANY);
    MongoSourceBuilder source = sourceBehindProxy();
    proxy.refuse();
    EventStream<ChangeEvent> connecting = open(stream(source));
    Duration inConnect = timeToClose(connecting, CloseCases::selectsServer, Duration.ofSeconds(25));
    assertThat(inConnect).isLessThan(Duration.ofMillis(1_500).plus(SLACK));

    proxy.allow();
    EventStream<ChangeEvent> receiving = live(stream(source));
    insert(1);
    Pull.next(receiving);
    proxy.refuse();
    Duration inReceive = timeToClose(receiving, CloseCases::selectsServer, Duration.ofSeconds(20));
    assertThat(inReceive).isLessThan(Duration.ofSeconds(10).plus(SLACK));
  }

  @Test
  @DisplayName(
      "case 30: a read timeout that is not longer than the server may wait is refused at once")
  void readTimeout() throws Exception {
    given(Setup.ANY);
    assertThatThrownBy(() -> source().readTimeout(AWAIT).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("readTimeout")
        .hasMessageContaining("maxAwaitTime");
    MongoClientSettings short_ =
        MongoClientSettings.builder(settings(mongo.uri()))
            .applyToSocketSettings(socket -> socket.readTimeout(1, TimeUnit.SECONDS))
            .build();
    assertThatThrownBy(() ->
            MongoSource.builder(short_)
                .watch(Scope.cluster())
                .maxAwaitTime(Duration.ofSeconds(1))
                .build())
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(source().readTimeout(AWAIT.plusMillis(1)).build()).isNotNull();
    assertThat(commands.all()).isEmpty();
  }

  @Test
  @DisplayName("network: connections that are cut again and again lose and repeat nothing")
  void cuts() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(sourceBehindProxy()));
    for (int i = 1; i <= 5; i++) {
      insert(10 * i, 10 * i + 1);
      List<Delivery<ChangeEvent>> two = Pull.next(stream, 2);
      assertThat(Pull.ids(two)).containsExactly(10 * i, 10 * i + 1);
      proxy.cut();
    }
    insert(1);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(1);
  }

  @Test
  @DisplayName(
      "network: a server that hangs does not hold up a timed call, and all comes once it goes on")
  void hangs() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(sourceBehindProxy()));
    insert(1);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(1);
    proxy.freeze();
    insert(2);

    for (int i = 0; i < 3; i++) {
      long begin = System.nanoTime();
      assertThat(stream.next(Duration.ofMillis(500))).isEmpty();
      assertThat(Duration.ofNanos(System.nanoTime() - begin))
          .isLessThan(Duration.ofMillis(500).plus(SLACK));
    }

    proxy.thaw();
    insert(3);
    assertThat(Pull.ids(Pull.next(stream, 2))).containsExactly(2, 3);
    assertThat(transitions.losses()).isEmpty();
  }

  @Test
  @DisplayName("network: a connection that is half open is given up after the read timeout")
  void halfOpen() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream =
        live(stream(sourceBehindProxy().readTimeout(Duration.ofSeconds(1))));
    insert(1);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(1);

    proxy.freeze();
    insert(2);
    // The puller is inside the driver for as long as that finds no server.
    beside(() -> {
      await().atMost(Pull.PATIENCE).until(() -> commands.failed("getMore") > 0);
      proxy.cut();
      proxy.thaw();
    });

    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(2);
  }

  @Test
  @DisplayName("network: a server that cannot be reached at the start is waited for")
  void downAtStart() throws Exception {
    given(Setup.ANY);
    sourceBehindProxy();
    proxy.refuse();
    MongoClientSettings impatient =
        MongoClientSettings.builder(settings(proxy))
            .applyToClusterSettings(
                cluster -> cluster.serverSelectionTimeout(200, TimeUnit.MILLISECONDS))
            .build();
    EventStream<ChangeEvent> stream =
        open(
            stream(
                source(MongoSource.builder(impatient).watch(Scope.collection(database, ORDERS)))));
    Pull.quietlyUntil(stream, () -> transitions.losses().size() >= 2);
    assertThat(store.saves()).isEmpty();
    proxy.allow();
    stream.awaitLive(Pull.PATIENCE);
    insert(1);

    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(1);
  }
}
