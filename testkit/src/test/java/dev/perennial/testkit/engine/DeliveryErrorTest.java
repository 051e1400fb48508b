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
import dev.perennial.port.StreamRuntime;
import dev.perennial.testkit.ConnectAnswer;
import dev.perennial.testkit.ConnectionScript;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedPosition;
import dev.perennial.testkit.ScriptedServer;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.VirtualRuntime;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
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

  /** Ways to pull. */
  private enum Way {
    NEXT,
    TIMED_NEXT,
    POLL,
    ITERATE,
    CONSUME
  }

  /** What throws, of what the engine calls on the way. */
  private enum Place {
    NANO_TIME,
    HASH,
    EQUALS,
    CLASSIFY,
    BACKOFF
  }

  private static final int EVENTS = 8;
  private static final int MOST_CALLS = 150;

  /** Throws at one call of one kind, counted from when it is armed. */
  private static final class Fault {
    private final Place place;
    private int left;
    private boolean armed;

    Fault(Place place, int call) {
      this.place = place;
      this.left = call;
    }

    void at(Place here) {
      if (armed && here == place && left > 0 && --left == 0) {
        throw new OutOfMemoryError("none for a moment, in " + place);
      }
    }

    void arm() {
      armed = true;
    }

    void disarm() {
      armed = false;
    }

    boolean struck() {
      return left == 0;
    }
  }

  /** An event that is compared as part of a server's position. */
  private record Item(int number, Fault fault) {

    @Override
    public boolean equals(Object other) {
      fault.at(Place.EQUALS);
      return other instanceof Item that && that.number == number;
    }

    @Override
    public int hashCode() {
      fault.at(Place.HASH);
      return number % 2;
    }
  }

  private record FaultyRuntime(VirtualRuntime time, Fault fault) implements StreamRuntime {

    @Override
    public long nanoTime() {
      fault.at(Place.NANO_TIME);
      return time.nanoTime();
    }

    @Override
    public Instant now() {
      return time.now();
    }

    @Override
    public double random() {
      return time.random();
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
      return time.schedule(delay, task);
    }

    @Override
    public void execute(Runnable task) {
      time.execute(task);
    }

    @Override
    public Signal newSignal() {
      return time.newSignal();
    }
  }

  /** Pulls all events in one way, and acks them all, one of them at its second attempt. */
  private static final class Application {
    private final VirtualRuntime time;
    private final TreeSet<Integer> acked = new TreeSet<>();
    private final List<Integer> first = new ArrayList<>();
    private final IntConsumer handling;

    Application(VirtualRuntime time, IntConsumer handling) {
      this.time = time;
      this.handling = handling;
    }

    /** The number before which all events are acked. */
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
        // There is enough from now on.
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

  /** Checks that no save passes an event that is not acked. */
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
      T builder, VirtualRuntime time, Fault fault) {
    return builder
        .window(4)
        .errors(cause -> {
          fault.at(Place.CLASSIFY);
          return Optional.empty();
        })
        .backoff((failures, random) -> {
          fault.at(Place.BACKOFF);
          return Duration.ofMillis(10);
        })
        .runtime(new FaultyRuntime(time, fault));
  }

  private interface Play {
    void with(Fault fault) throws Exception;
  }

  /** Plays it again and again, with an error at each call of each place. */
  private static void everywhere(Place[] places, Play play) throws Exception {
    for (Place place : places) {
      Fault fault;
      int call = 0;
      do {
        fault = new Fault(place, ++call);
        play.with(fault);
      } while (fault.struck() && call < MOST_CALLS);
      assertThat(call).as("calls of %s", place).isGreaterThan(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("of a client-tracked stream, whose checkpoint does not pass it")
  void clientTracked(Way way) throws Exception {
    everywhere(
        new Place[] {Place.NANO_TIME, Place.CLASSIFY, Place.BACKOFF},
        fault -> clientTracked(way, fault));
  }

  private static void clientTracked(Way way, Fault fault) {
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
  private static void emit(ScriptedServer<Item> server, int from, Fault fault) {
    for (int i = from; i < from + 4; i++) {
      server.emit(new Item(i, fault));
    }
  }

  private static void give(ConnectionScript<Item> lines, int after, Fault fault) {
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
  @DisplayName("of a server-tracked stream, which tells copies from new ones all the same")
  void serverTracked(Way way) throws Exception {
    everywhere(
        new Place[] {Place.NANO_TIME, Place.HASH, Place.EQUALS, Place.CLASSIFY, Place.BACKOFF},
        fault -> serverTracked(way, fault));
  }

  private static void serverTracked(Way way, Fault fault) {
    VirtualRuntime time = new VirtualRuntime(1);
    ScriptedServer<Item> server = new ScriptedServer<>(time, Duration.ofMillis(700));
    Application application =
        new Application(
            time,
            number -> {
              if (number == 3) {
                // Copies come of what is in the window, and then something new.
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
  @DisplayName("in the modes that ack on receipt, or not at all")
  void otherModes(Way way) throws Exception {
    for (AckMode mode : List.of(AckMode.ON_RECEIPT, AckMode.NEVER)) {
      everywhere(
          new Place[] {Place.NANO_TIME, Place.CLASSIFY, Place.BACKOFF},
          fault -> inMode(mode, way, fault));
    }
  }

  private static void inMode(AckMode mode, Way way, Fault fault) {
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
          // There is enough from now on.
        }
      }
      fault.disarm();
      assertThat(seen).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
      assertThat(stream.close(Duration.ofSeconds(5)).unacked()).isZero();
      source.assertNoViolations();
    });
  }
}
