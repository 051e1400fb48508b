package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Delivery;
import dev.perennial.TestCheckpoints;
import dev.perennial.TestPosition;
import dev.perennial.Threads;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.port.AckingConnection;
import dev.perennial.port.Received;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stress tests of both windows with real threads. They check invariants during the run, too. */
class WindowStressTest {

  /** The time after which no new round starts. A busy machine makes fewer rounds. */
  private static final Duration TEST_TIME = Duration.ofMillis(1_500);

  private static final int MOST_ROUNDS = 50_000;

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 64, 1_000})
  @DisplayName("the watermark only rises, and never passes an event that is not acked")
  void ackNackWatermarkAdmit(int capacity) throws Exception {
    int events = capacity == 1 ? 2_000 : 20_000;
    AckWindow<String, TestPosition> window =
        new AckWindow<>(capacity, TestCheckpoints::encode, StreamRuntime.system());
    // Set before the ack, so that a thread that sees the watermark pass an event sees its mark.
    AtomicIntegerArray done = new AtomicIntegerArray(events);
    Queue<TrackedDelivery<String>> handedOut = new ConcurrentLinkedQueue<>();
    AtomicInteger settled = new AtomicInteger();
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger nacks = new AtomicInteger();

    try (Threads threads = new Threads()) {
      threads.run(() -> {
        SplittableRandom random = new SplittableRandom(capacity);
        int next = 0;
        while (next < events || settled.get() < events) {
          TrackedDelivery<String> again = window.nextNacked();
          if (again != null) {
            handedOut.add(again);
          } else if (next < events && window.hasRoom()) {
            TestPosition position = new TestPosition(next);
            if (random.nextInt(10) == 0) {
              done.set(next, 1);
              settled.incrementAndGet();
              window.progress(position);
            } else {
              handedOut.add(window.admit(new Received.Event<>("event", position), 0));
            }
            next++;
          } else {
            Thread.yield();
          }
        }
        over.set(true);
      });
      for (int acker = 0; acker < 3; acker++) {
        int seed = acker;
        threads.run(() -> {
          SplittableRandom random = new SplittableRandom(seed);
          List<TrackedDelivery<String>> held = new ArrayList<>();
          while (!over.get() || !held.isEmpty()) {
            TrackedDelivery<String> taken = handedOut.poll();
            if (taken != null) {
              held.add(taken);
            }
            if (taken == null || held.size() > 16) {
              if (held.isEmpty()) {
                Thread.yield();
                continue;
              }
              TrackedDelivery<String> one = held.remove(random.nextInt(held.size()));
              if (random.nextInt(8) == 0) {
                nacks.incrementAndGet();
                assertThat(one.nack()).isTrue();
                assertThat(one.ack()).isFalse();
              } else {
                done.set((int) ((TestPosition) one.position()).id(), 1);
                settled.incrementAndGet();
                assertThat(one.ack()).isTrue();
                assertThat(one.nack()).isFalse();
              }
            }
          }
        });
      }
      threads.run(() -> {
        long seen = -1;
        while (!over.get()) {
          TestPosition watermark = window.watermark();
          if (watermark == null) {
            continue;
          }
          assertThat(watermark.id()).isGreaterThanOrEqualTo(seen);
          while (seen < watermark.id()) {
            seen++;
            assertThat(done.get((int) seen)).as("event %s is acked", seen).isEqualTo(1);
          }
          assertThat(window.unacked()).isBetween(0, capacity);
        }
      });
      threads.join();
    }
    assertThat(window.watermark()).isEqualTo(new TestPosition(events - 1L));
    assertThat(window.unacked()).isZero();
    assertThat(window.oldestUnacked()).isEmpty();
    assertThat(nacks.get()).isPositive();
  }

  /** A server like Tap, which accepts an ack only on the connection that delivered the event. */
  private static final class Server {
    final ConcurrentHashMap<Long, Boolean> unacked = new ConcurrentHashMap<>();
    volatile int live;

    AckingConnection<String, TestPosition> connect() {
      int number = live + 1;
      live = number;
      return new AckingConnection<>() {
        @Override
        public void acknowledge(TestPosition position) {
          if (live == number && position.connection() == number) {
            unacked.remove(position.id());
          }
        }

        @Override
        public int unsent() {
          return 0;
        }

        @Override
        public Received<String, TestPosition> receive(Duration timeout) {
          throw new AssertionError("the filter does not receive");
        }

        @Override
        public void close(Duration flush) {}
      };
    }
  }

  /** A barrier that releases two threads at nearly the same moment, because it does not park. */
  private static final class SpinBarrier {
    private final AtomicInteger arrived = new AtomicInteger();

    void await(int round) {
      arrived.incrementAndGet();
      for (int spins = 0; arrived.get() < 2 * (round + 1); spins++) {
        Thread.onSpinWait();
        if (spins > 200) {
          Thread.yield();
        }
      }
    }
  }

  private static void spin(int times) {
    for (int i = 0; i < times; i++) {
      Thread.onSpinWait();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 16})
  @DisplayName(
      "when acks, reconnects and redeliveries cross, no ack is lost and no event is delivered twice")
  void ackRedeliveryReconnect(int inFlight) throws Exception {
    long stopAt = System.nanoTime() + TEST_TIME.toNanos();
    Server server = new Server();
    List<TrackedDelivery<String>> deliveries = new ArrayList<>();
    AtomicBoolean over = new AtomicBoolean();
    SpinBarrier begin = new SpinBarrier();
    SpinBarrier end = new SpinBarrier();
    RedeliveryFilter<String, TestPosition> filter =
        new RedeliveryFilter<>(
            inFlight,
            2 * inFlight,
            Duration.ofMinutes(3),
            new StreamObserver("test", List.of()),
            StreamRuntime.system());
    filter.connected(server.connect());

    try (Threads threads = new Threads()) {
      threads.run(() -> {
        SplittableRandom random = new SplittableRandom(inFlight);
        long ids = 0;
        for (int round = 0; !over.get(); round++) {
          deliveries.clear();
          for (int i = 0; i < inFlight; i++) {
            long id = ids++;
            server.unacked.put(id, true);
            deliveries.add(
                filter.admit(new Received.Event<>("event", new TestPosition(id, server.live)), 0));
          }
          begin.await(round);
          spin(random.nextInt(20));
          filter.connected(server.connect());
          int handedOutTwice = 0;
          for (Long id : server.unacked.keySet()) {
            if (filter.admit(new Received.Event<>("event", new TestPosition(id, server.live)), 0)
                != null) {
              handedOutTwice++;
            }
          }
          end.await(round);
          boolean right = handedOutTwice == 0 && server.unacked.isEmpty() && filter.unacked() == 0;
          if (!right || round >= MOST_ROUNDS || System.nanoTime() - stopAt > 0) {
            over.set(true);
            // Lets the other thread end before an assertion can fail.
            begin.await(round + 1);
          }
          assertThat(handedOutTwice).as("handed out twice").isZero();
          assertThat(server.unacked).as("unacked after round %s", round).isEmpty();
          assertThat(filter.unacked()).isZero();
        }
      });
      threads.run(() -> {
        SplittableRandom random = new SplittableRandom(~inFlight);
        for (int round = 0; ; round++) {
          begin.await(round);
          if (over.get()) {
            return;
          }
          spin(random.nextInt(40));
          for (TrackedDelivery<String> delivery : deliveries) {
            delivery.ack();
          }
          end.await(round);
        }
      });
      threads.join();
    }
  }

  private static Window<String, TestPosition> window(boolean serverTracked) {
    return serverTracked
        ? new RedeliveryFilter<>(
            1,
            4,
            Duration.ofMinutes(3),
            new StreamObserver("test", List.of()),
            StreamRuntime.system())
        : new AckWindow<>(1, TestCheckpoints::encode, StreamRuntime.system());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("a thread that waits for room is woken by the ack that makes it")
  void wokenByAck(boolean serverTracked) throws Exception {
    long stopAt = System.nanoTime() + TEST_TIME.toNanos();
    Duration muchTooLong = Duration.ofSeconds(20);
    StreamRuntime.Signal signal = StreamRuntime.system().newSignal();
    Window<String, TestPosition> window = window(serverTracked);
    window.onSettlement(new RaisingListener(signal));
    AtomicReference<TrackedDelivery<String>> handedOut = new AtomicReference<>();
    AtomicBoolean over = new AtomicBoolean();
    try (Threads threads = new Threads()) {
      threads.run(() -> {
        SplittableRandom random = new SplittableRandom(1);
        while (!over.get()) {
          TrackedDelivery<String> delivery = handedOut.getAndSet(null);
          if (delivery == null) {
            Thread.onSpinWait();
          } else {
            spin(random.nextInt(60));
            delivery.ack();
          }
        }
      });
      threads.run(() -> {
        SplittableRandom random = new SplittableRandom(2);
        boolean woken = true;
        for (long id = 0; woken && System.nanoTime() - stopAt < 0; id++) {
          handedOut.set(window.admit(new Received.Event<>("event", new TestPosition(id)), 0));
          spin(random.nextInt(60));
          long waitedFrom = System.nanoTime();
          signal.await(window::hasRoom, muchTooLong);
          woken = System.nanoTime() - waitedFrom < muchTooLong.toNanos();
        }
        over.set(true);
        assertThat(woken).isTrue();
      });
      threads.join();
    }
  }

  /** Raises a signal after each ack, as a stream does. */
  private record RaisingListener(StreamRuntime.Signal signal)
      implements DeliverySettlement.Listener {
    @Override
    public void acked() {
      signal.raise();
    }

    @Override
    public void nacked() {}

    @Override
    public void ackedTooLate(Delivery<?> delivery) {}
  }
}
