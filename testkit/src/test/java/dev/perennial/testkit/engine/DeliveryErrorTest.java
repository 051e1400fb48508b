package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.AckMode;
import dev.perennial.Checkpoints;
import dev.perennial.CloseReport;
import dev.perennial.CloseReport.CheckpointOutcome;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import dev.perennial.testkit.ConnectAnswer;
import dev.perennial.testkit.ConnectionScript;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedPosition;
import dev.perennial.testkit.ScriptedServer;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.VirtualRuntime;
import dev.perennial.testkit.engine.MemoryFault.Point;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("An error between the connection and the application loses no event")
class DeliveryErrorTest {

  /** A way to pull. */
  private enum Way {
    NEXT,
    TIMED_NEXT,
    POLL,
    ITERATE,
    CONSUME
  }

  private static final int EVENTS = 8;
  private static final int MOST_CALLS = 150;

  /** An event that the stream compares, as part of the position of a server-tracked source. */
  private record Item(int number, MemoryFault fault) {

    @Override
    public boolean equals(Object other) {
      fault.at(Point.EQUALS);
      return other instanceof Item that && that.number == number;
    }

    @Override
    public int hashCode() {
      fault.at(Point.HASH);
      return number % 2;
    }
  }

  /** An application that pulls and acks all events, one of them at its second attempt. */
  private static final class Application {
    private final VirtualRuntime time;
    private final TreeSet<Integer> acked = new TreeSet<>();
    private final List<Integer> first = new ArrayList<>();
    private final IntConsumer handling;

    Application(VirtualRuntime time, IntConsumer handling) {
      this.time = time;
      this.handling = handling;
    }

    /** Returns the number up to which all events are acked. */
    int ackedInOrder() {
      int next = 1;
      while (acked.contains(next)) {
        next++;
      }
      return next - 1;
    }

    void run(EventStream<Item> stream, Way way) throws Exception {
      if (way == Way.CONSUME) {
        time.spawn(
            "consumer",
            () -> {
              while (acked.size() < EVENTS) {
                pull(stream, way);
              }
            });
      }
      for (int i = 0; i < 300 && acked.size() < EVENTS; i++) {
        if (way == Way.CONSUME) {
          time.sleep(Duration.ofMillis(100));
        } else {
          pull(stream, way);
        }
      }
      assertThat(acked).hasSize(EVENTS);
      assertThat(first).as("first attempts").doesNotHaveDuplicates().hasSize(EVENTS);
    }

    private void pull(EventStream<Item> stream, Way way) throws Exception {
      Duration timeout = Duration.ofMillis(100);
      try {
        switch (way) {
          case NEXT -> settle(stream.next());
          case TIMED_NEXT -> stream.next(timeout).ifPresent(this::settle);
          case POLL -> stream.poll(3, timeout).forEach(this::settle);
          case ITERATE -> {
            Iterator<Delivery<Item>> events = stream.iterator();
            if (events.hasNext()) {
              settle(events.next());
            }
          }
          case CONSUME -> stream.consume(this::settle);
        }
      } catch (OutOfMemoryError e) {
        // The fault happens only once.
      }
    }

    private void settle(Delivery<Item> delivery) {
      int number = delivery.event().number;
      if (delivery.attempt() == 1) {
        first.add(number);
        handling.accept(number);
      }
      if (number == 3 && delivery.attempt() == 1) {
        delivery.nack();
      } else {
        acked.add(number);
        delivery.ack();
      }
    }
  }

  /** A store that checks that no save passes an unacked event. */
  private record CheckedStore(InMemoryCheckpointStore store, Application application)
      implements CheckpointStore {

    @Override
    public Optional<CheckpointClaim> tryClaim(String streamId, Consumer<CheckpointException> lost)
        throws CheckpointException {
      return store
          .tryClaim(streamId, lost)
          .map(claim ->
              new CheckpointClaim() {
                @Override
                public Optional<Checkpoint> load() throws CheckpointException {
                  return claim.load();
                }

                @Override
                public void save(Checkpoint checkpoint) throws CheckpointException {
                  assertThat(Integer.parseInt(checkpoint.position()))
                      .isLessThanOrEqualTo(application.ackedInOrder());
                  claim.save(checkpoint);
                }

                @Override
                public void close() throws CheckpointException {
                  claim.close();
                }
              });
    }
  }

  private static <T extends EventStreamBuilder<Item>> EventStreamBuilder<Item> faulty(
      T builder, VirtualRuntime time, MemoryFault fault) {
    return builder
        .window(4)
        .errors(cause -> {
          fault.at(Point.CLASSIFY);
          return Optional.empty();
        })
        .backoff((failures, random) -> {
          fault.at(Point.BACKOFF);
          return Duration.ofMillis(10);
        })
        .runtime(new FaultyRuntime(time, fault));
  }

  /** Runs the scenario with an error at each call of each kind. */
  private static void atEachCall(Point[] points, MemoryFault.Scenario scenario) throws Exception {
    for (Point point : points) {
      int runs = MemoryFault.atEachCall(point, MOST_CALLS, scenario);
      assertThat(runs).as("calls of %s", point).isGreaterThan(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("in a client-tracked stream, and no checkpoint passes an unacked event")
  void clientTracked(Way way) throws Exception {
    atEachCall(
        new Point[] {Point.NANO_TIME, Point.CLASSIFY, Point.BACKOFF},
        fault -> clientTracked(way, fault));
  }

  private static void clientTracked(Way way, MemoryFault fault) {
    VirtualRuntime time = new VirtualRuntime(1);
    InMemoryCheckpointStore store = new InMemoryCheckpointStore(time);
    Application application = new Application(time, number -> {});
    ScriptedClientSource<Item> source =
        new ScriptedClientSource<Item>(time)
            .start(0)
            .thereafter(connect -> {
              int after = connect.after().map(ScriptedPosition::value).orElse(0L).intValue();
              return ConnectAnswer.connects(lines -> give(lines, after, fault));
            });
    time.run(() -> {
      EventStream<Item> stream =
          faulty(
                  EventStream.from(
                      source,
                      Checkpoints.in(new CheckedStore(store, application), "orders")
                          .every(2, Duration.ofSeconds(1))),
                  time,
                  fault)
              .open();
      fault.arm();
      application.run(stream, way);
      fault.disarm();
      CloseReport report = stream.close(Duration.ofSeconds(5));
      assertThat(report.unacked()).isZero();
      assertThat(report.checkpoint()).isEqualTo(CheckpointOutcome.SAVED);
      assertThat(store.checkpoint("orders").orElseThrow().position()).isEqualTo("" + EVENTS);
      assertThat(source.isClosed()).isTrue();
      source.assertNoViolations();
    });
  }

  /** Emits four events. */
  private static void emit(ScriptedServer<Item> server, int from, MemoryFault fault) {
    for (int i = from; i < from + 4; i++) {
      server.emit(new Item(i, fault));
    }
  }

  private static void give(ConnectionScript<Item> lines, int after, MemoryFault fault) {
    lines.closeFails(new IOException("no goodbye"));
    for (int i = after + 1; i <= EVENTS; i++) {
      lines.event(i, new Item(i, fault));
      if (i == after + 4) {
        lines.lose(ScriptedFailure.retry("cut"));
        return;
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("in a server-tracked stream, which still recognizes redeliveries")
  void serverTracked(Way way) throws Exception {
    atEachCall(
        new Point[] {Point.NANO_TIME, Point.HASH, Point.EQUALS, Point.CLASSIFY, Point.BACKOFF},
        fault -> serverTracked(way, fault));
  }

  private static void serverTracked(Way way, MemoryFault fault) {
    VirtualRuntime time = new VirtualRuntime(1);
    ScriptedServer<Item> server = new ScriptedServer<>(time, Duration.ofMillis(700));
    Application application =
        new Application(
            time,
            number -> {
              if (number == 3) {
                // Redelivers events that are in the window, and then sends new ones.
                server.redeliver();
                emit(server, 5, fault);
              } else if (number == 5) {
                server.cut(ScriptedFailure.retry("cut"));
              }
            });
    ScriptedServerSource<Item> source =
        server.source(time).thereafter(connect -> ConnectAnswer.connects(lines -> {}));
    time.run(() -> {
      EventStream<Item> stream = faulty(EventStream.from(source), time, fault).open();
      emit(server, 1, fault);
      fault.arm();
      application.run(stream, way);
      fault.disarm();
      if (way == Way.CONSUME) {
        time.sleep(Duration.ofSeconds(3));
      } else {
        assertThat(stream.next(Duration.ofSeconds(3))).isEmpty();
      }
      CloseReport report = stream.close(Duration.ofSeconds(5));
      assertThat(report.unacked()).isZero();
      assertThat(server.unacked()).isEmpty();
      assertThat(source.isClosed()).isTrue();
      source.assertNoViolations();
    });
  }

  @ParameterizedTest
  @EnumSource(
      value = Way.class,
      names = {"NEXT", "TIMED_NEXT", "POLL", "ITERATE"})
  @DisplayName("in the modes ON_RECEIPT and NEVER")
  void otherModes(Way way) throws Exception {
    for (AckMode mode : List.of(AckMode.ON_RECEIPT, AckMode.NEVER)) {
      atEachCall(
          new Point[] {Point.NANO_TIME, Point.CLASSIFY, Point.BACKOFF},
          fault -> inMode(mode, way, fault));
    }
  }

  private static void inMode(AckMode mode, Way way, MemoryFault fault) {
    VirtualRuntime time = new VirtualRuntime(1);
    Application application = new Application(time, number -> {});
    ScriptedClientSource<Item> source =
        new ScriptedClientSource<Item>(time)
            .start(0)
            .thereafter(connect -> {
              int after = connect.after().map(ScriptedPosition::value).orElse(0L).intValue();
              return ConnectAnswer.connects(lines -> give(lines, after, fault));
            });
    time.run(() -> {
      EventStream<Item> stream =
          faulty(EventStream.from(source, Checkpoints.none()), time, fault).acks(mode).open();
      List<Integer> seen = new ArrayList<>();
      fault.arm();
      for (int i = 0; i < 300 && seen.size() < EVENTS; i++) {
        try {
          switch (way) {
            case NEXT -> seen.add(stream.next().event().number);
            case TIMED_NEXT ->
                stream
                    .next(Duration.ofMillis(100))
                    .ifPresent(next -> seen.add(next.event().number));
            case POLL ->
                stream
                    .poll(3, Duration.ofMillis(100))
                    .forEach(next -> seen.add(next.event().number));
            default -> seen.add(stream.iterator().next().event().number);
          }
        } catch (OutOfMemoryError e) {
          // The fault happens only once.
        }
      }
      fault.disarm();
      assertThat(seen).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
      assertThat(stream.close(Duration.ofSeconds(5)).unacked()).isZero();
      source.assertNoViolations();
    });
  }
}
