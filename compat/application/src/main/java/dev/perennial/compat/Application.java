package dev.perennial.compat;

import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.checkpoint.redis.RedisCheckpointStore;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.Scope;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapRecord;
import dev.perennial.source.tap.TapSource;
import dev.perennial.transport.netty.NettyTransport;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * A small application that handles some events of a Tap and of a MongoDB and prints a line for
 * each. The class path that it is started with has the versions of one platform. Used by one
 * thread.
 */
public final class Application implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final NettyTransport transport;
  private final EventStream<TapEvent> tap;
  private final RedisCheckpointStore store;
  private final EventStream<ChangeEvent> mongo;

  /** Makes both streams, which do not connect yet. */
  public Application(String tapUri, String mongoUri, String redisUri) {
    transport = NettyTransport.create();
    tap = EventStream.from(TapSource.of(tapUri, transport)).open();
    store = RedisCheckpointStore.at(redisUri);
    MongoSource changes =
        MongoSource.builder(mongoUri).watch(Scope.collection("shop", "orders")).build();
    mongo = EventStream.from(changes, Checkpoints.in(store, "orders")).open();
  }

  /** Connects, prints that it is live, and handles so many events of each stream. */
  public void run(int events) throws InterruptedException, TimeoutException {
    tap.awaitLive(PATIENCE);
    mongo.awaitLive(PATIENCE);
    System.out.println("live");
    handle(events, tap, event -> "tap " + ((TapRecord) event).rkey());
    handle(events, mongo, event -> "mongo " + ((Change) event).fullDocument().json().orElseThrow());
  }

  private static <E> void handle(int events, EventStream<E> stream, Function<E, String> line)
      throws InterruptedException {
    for (int i = 0; i < events; i++) {
      Delivery<E> delivery = stream.next(PATIENCE).orElseThrow();
      System.out.println(line.apply(delivery.event()));
      delivery.ack();
    }
  }

  @Override
  public void close() {
    mongo.close();
    store.close();
    tap.close();
    transport.close();
  }
}
