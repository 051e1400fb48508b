package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.StreamListener;
import dev.perennial.StreamListener.RedeliveryDropped;
import dev.perennial.TestPosition;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.internal.window.TrackedDelivery.Settlement;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

/** A comparison of the filter with a model that uses lists. */
class RedeliveryFilterPropertyTest {

  private static final long HORIZON = 100;

  enum Op {
    ADMIT_NEW,
    ADMIT_AGAIN,
    ACK,
    NACK,
    NEXT_NACKED,
    IDLE,
    TIME,
    RECONNECT,
    PROGRESS
  }

  /** An operation, and a number that chooses its delivery, event or time. */
  record Step(Op op, int pick) {}

  private static final class Entry {
    TestPosition position;
    TrackedDelivery<String> delivery;
    Settlement state = Settlement.OPEN;
    int attempt = 1;

    Entry(TestPosition position, TrackedDelivery<String> delivery) {
      this.position = position;
      this.delivery = delivery;
    }
  }

  /** An acked event, and the time until which the filter remembers it, once that is known. */
  private static final class Remembered {
    final Entry entry;
    Optional<Long> until = Optional.empty();

    Remembered(Entry entry) {
      this.entry = entry;
    }
  }

  /** One run of the property: the filter and its model. */
  private static final class Run implements StreamListener {
    final CountingSettlementListener settlements = new CountingSettlementListener();
    final RedeliveryFilter<String, TestPosition> filter;
    final int capacity;
    final int memory;

    final List<Entry> window = new ArrayList<>();
    final List<Remembered> memorized = new ArrayList<>();
    final List<Entry> all = new ArrayList<>();
    final List<TrackedDelivery<String>> stale = new ArrayList<>();
    final List<RedeliveryDropped> dropped = new ArrayList<>();
    final List<TestPosition> acknowledged = new ArrayList<>();
    final ManualRuntime runtime = new ManualRuntime();
    RecordingConnection connection = new RecordingConnection(1);
    long ids;
    long now;
    int acked;
    int late;

    Run(int capacity, int memory) {
      this.capacity = capacity;
      this.memory = memory;
      this.filter =
          settlements.on(
              new RedeliveryFilter<>(
                  capacity,
                  memory,
                  Duration.ofNanos(HORIZON),
                  new StreamObserver("test", List.of(this)),
                  runtime));
      filter.connected(connection);
    }

    @Override
    public void onRedeliveryDropped(RedeliveryDropped redelivery) {
      dropped.add(redelivery);
    }

    void step(Step step) {
      switch (step.op) {
        case ADMIT_NEW -> admit(new TestPosition(++ids, connection.number));
        case ADMIT_AGAIN ->
            pick(all, step.pick)
                .ifPresent(
                    entry -> admit(new TestPosition(entry.position.id(), connection.number)));
        case ACK -> pick(all, step.pick).ifPresent(this::ack);
        case NACK -> pick(all, step.pick).ifPresent(this::nack);
        case NEXT_NACKED -> nextNacked();
        case IDLE -> {
          filter.idle(now);
          trim();
          for (Remembered remembered : memorized) {
            if (remembered.until.isEmpty()) {
              remembered.until = Optional.of(now + HORIZON);
            }
          }
          age();
        }
        case TIME -> now += step.pick % 60;
        case RECONNECT -> {
          connection = new RecordingConnection(connection.number + 1);
          acknowledged.clear();
          filter.connected(connection);
        }
        case PROGRESS -> filter.progress(new TestPosition(++ids));
      }
    }

    private void admit(TestPosition position) {
      boolean room = window.size() < capacity;
      assertThat(filter.hasRoom()).isEqualTo(room);
      if (!room) {
        return;
      }
      trim();
      int droppedBefore = dropped.size();
      Optional<Entry> known = find(position);
      TrackedDelivery<String> delivery =
          filter.admit(new Received.Event<>("event " + position.id(), position), 0);
      if (known.isPresent()) {
        Entry entry = known.get();
        boolean done = entry.state == Settlement.ACKED;
        assertThat(delivery).isNull();
        entry.position = position;
        if (done) {
          acknowledged(position);
        } else {
          assertThat(entry.delivery.position()).isSameAs(position);
        }
        assertThat(dropped).hasSize(droppedBefore + 1);
        assertThat(dropped.get(droppedBefore).position()).isEqualTo(position);
        assertThat(dropped.get(droppedBefore).isAcked()).isEqualTo(done);
      } else {
        assertThat(delivery).isNotNull();
        assertThat(delivery.attempt()).isEqualTo(1);
        assertThat(dropped).hasSize(droppedBefore);
        Entry entry = new Entry(position, delivery);
        window.add(entry);
        all.add(entry);
      }
    }

    private Optional<Entry> find(TestPosition position) {
      return window.stream()
          .filter(entry -> entry.position.equals(position))
          .findFirst()
          .or(() ->
              memorized.stream()
                  .map(remembered -> remembered.entry)
                  .filter(entry -> entry.position.equals(position))
                  .findFirst());
    }

    private void ack(Entry entry) {
      boolean open = entry.state == Settlement.OPEN;
      assertThat(entry.delivery.ack()).isEqualTo(open);
      if (open) {
        entry.state = Settlement.ACKED;
        acked++;
        window.remove(entry);
        memorized.add(new Remembered(entry));
        acknowledged(entry.position);
      } else if (entry.state == Settlement.NACKED) {
        late++;
      }
    }

    private void acknowledged(TestPosition position) {
      acknowledged.add(position);
    }

    private void nack(Entry entry) {
      boolean open = entry.state == Settlement.OPEN;
      assertThat(entry.delivery.nack()).isEqualTo(open);
      if (open) {
        entry.state = Settlement.NACKED;
        stale.add(entry.delivery);
      }
    }

    private void nextNacked() {
      Optional<Entry> expected =
          window.stream().filter(entry -> entry.state == Settlement.NACKED).findFirst();
      assertThat(filter.hasNacked()).isEqualTo(expected.isPresent());
      // Longer than the wait of any nack; AckWindowPropertyTest checks the exact waits.
      runtime.advance(Duration.ofSeconds(1));
      TrackedDelivery<String> again = filter.nextNacked();
      assertThat(again != null).isEqualTo(expected.isPresent());
      if (expected.isPresent()) {
        Entry entry = expected.get();
        entry.attempt++;
        entry.state = Settlement.OPEN;
        entry.delivery = again;
        assertThat(again.attempt()).isEqualTo(entry.attempt);
        assertThat(again.position()).isSameAs(entry.position);
      }
      for (TrackedDelivery<String> old : stale) {
        assertThat(old.ack()).isFalse();
        late++;
        assertThat(old.nack()).isFalse();
      }
    }

    /** Forgets the oldest acked events over the limit. */
    private void trim() {
      while (memorized.size() > memory) {
        memorized.remove(0);
      }
    }

    private void age() {
      memorized.removeIf(remembered -> remembered.until.filter(until -> until <= now).isPresent());
    }

    void compare() {
      assertThat(filter.hasRoom()).isEqualTo(window.size() < capacity);
      assertThat(filter.unacked()).isEqualTo(window.size());
      assertThat(filter.acked()).isEqualTo(acked);
      assertThat(filter.oldestUnacked().map(unacked -> unacked.delivery().position()))
          .isEqualTo(window.stream().findFirst().map(entry -> entry.position));
      assertThat(connection.acknowledged).containsExactlyElementsOf(acknowledged);
      assertThat(settlements.acked).hasValue(acked);
      assertThat(settlements.late).hasValue(late);
    }

    private static <T> Optional<T> pick(List<T> from, int pick) {
      return from.isEmpty()
          ? Optional.empty()
          : Optional.of(from.get(from.size() - 1 - pick % Math.min(from.size(), 40)));
    }
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Op> ops =
        Arbitraries.frequency(
            Tuple.of(10, Op.ADMIT_NEW),
            Tuple.of(8, Op.ADMIT_AGAIN),
            Tuple.of(12, Op.ACK),
            Tuple.of(3, Op.NACK),
            Tuple.of(3, Op.NEXT_NACKED),
            Tuple.of(4, Op.IDLE),
            Tuple.of(4, Op.TIME),
            Tuple.of(1, Op.RECONNECT),
            Tuple.of(1, Op.PROGRESS));
    return Combinators.combine(ops, Arbitraries.integers().between(0, 1_000))
        .as(Step::new)
        .list()
        .ofMaxSize(250);
  }

  @Property(tries = 2_000)
  void behavesLikeLists(
      @ForAll @IntRange(min = 1, max = 12) int capacity,
      @ForAll @IntRange(max = 20) int moreMemory,
      @ForAll("steps") List<Step> steps) {
    Run run = new Run(capacity, capacity + moreMemory);
    for (Step step : steps) {
      run.step(step);
      run.compare();
    }
    int unacked = run.window.size();
    assertThat(run.filter.expire()).isEqualTo(unacked);
    for (Entry entry : run.all) {
      assertThat(entry.delivery.ack()).isFalse();
      assertThat(entry.delivery.nack()).isFalse();
    }
    assertThat(run.filter.unacked()).isEqualTo(unacked);
    assertThat(run.connection.acknowledged).containsExactlyElementsOf(run.acknowledged);
  }
}
