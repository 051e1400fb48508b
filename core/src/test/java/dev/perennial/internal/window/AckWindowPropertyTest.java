package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.TestCheckpoints;
import dev.perennial.TestPosition;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Durations;
import dev.perennial.internal.window.TrackedDelivery.Settlement;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
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

/** A comparison of the window with a model that keeps all entries in a list. */
class AckWindowPropertyTest {

  enum Op {
    ADMIT,
    PROGRESS,
    ACK,
    NACK,
    ACK_OPEN,
    NEXT_NACKED,
    TIME,
    WATERMARK,
    HAS_ROOM
  }

  /** An operation, and a number that chooses its delivery. */
  record Step(Op op, int pick) {}

  /** An event, or a progress, which needs no ack. */
  private static final class Entry {
    final TestPosition position;
    final boolean event;
    TrackedDelivery<String> delivery;
    Settlement state = Settlement.OPEN;
    int attempt = 1;
    long due;

    Entry(TestPosition position, TrackedDelivery<String> delivery) {
      this.position = position;
      this.delivery = delivery;
      this.event = delivery != null;
    }

    boolean done() {
      return !event || state == Settlement.ACKED;
    }
  }

  private static final class Model {
    final List<Entry> entries = new ArrayList<>();

    List<Entry> events() {
      return entries.stream().filter(entry -> entry.event).toList();
    }

    Optional<TestPosition> watermark() {
      TestPosition newest = null;
      for (Entry entry : entries) {
        if (!entry.done()) {
          break;
        }
        newest = entry.position;
      }
      return Optional.ofNullable(newest);
    }

    Optional<Entry> oldestUnacked() {
      return entries.stream().filter(entry -> !entry.done()).findFirst();
    }

    int span() {
      return oldestUnacked()
          .map(oldest -> {
            List<Entry> from = entries.subList(entries.indexOf(oldest), entries.size());
            return (int) from.stream().filter(entry -> entry.event).count();
          })
          .orElse(0);
    }

    long unacked() {
      return entries.stream().filter(entry -> !entry.done()).count();
    }

    List<Entry> nacked() {
      return entries.stream().filter(entry -> entry.state == Settlement.NACKED).toList();
    }

    Optional<Entry> firstDue(long now) {
      return nacked().stream().filter(entry -> entry.due <= now).findFirst();
    }
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Op> ops =
        Arbitraries.frequency(
            Tuple.of(12, Op.ADMIT),
            Tuple.of(3, Op.PROGRESS),
            Tuple.of(8, Op.ACK),
            Tuple.of(5, Op.NACK),
            Tuple.of(6, Op.ACK_OPEN),
            Tuple.of(4, Op.NEXT_NACKED),
            Tuple.of(4, Op.TIME),
            Tuple.of(2, Op.WATERMARK),
            Tuple.of(2, Op.HAS_ROOM));
    return Combinators.combine(ops, Arbitraries.integers().between(0, 1_000))
        .as(Step::new)
        .list()
        .ofMaxSize(200);
  }

  @Property(tries = 2_000)
  void behavesLikeAList(
      @ForAll @IntRange(min = 1, max = 20) int capacity,
      @ForAll("steps") List<Step> steps,
      @ForAll boolean compareAfterEachStep) {
    CountingSettlementListener settlements = new CountingSettlementListener();
    ManualRuntime runtime = new ManualRuntime();
    AckWindow<String, TestPosition> window =
        settlements.on(new AckWindow<>(capacity, TestCheckpoints::encode, runtime));
    Model model = new Model();
    List<TrackedDelivery<String>> stale = new ArrayList<>();
    long ids = 0;
    for (Step step : steps) {
      ids++;
      run(step, ids, window, runtime, model, stale, capacity);
      if (compareAfterEachStep) {
        compare(window, model, capacity);
      }
    }
    compare(window, model, capacity);

    assertThat(window.expire()).isEqualTo((int) model.unacked());
    for (Entry entry : model.events()) {
      assertThat(entry.delivery.ack()).isFalse();
      assertThat(entry.delivery.nack()).isFalse();
    }
    assertThat(window.watermark()).isEqualTo(model.watermark().orElse(null));
    assertThat(settlements.acked.get()).isEqualTo((int) window.acked());
  }

  private void run(
      Step step,
      long id,
      AckWindow<String, TestPosition> window,
      ManualRuntime runtime,
      Model model,
      List<TrackedDelivery<String>> stale,
      int capacity) {
    TestPosition position = new TestPosition(id);
    switch (step.op) {
      case ADMIT -> {
        boolean room = model.span() < capacity;
        assertThat(window.hasRoom()).isEqualTo(room);
        if (room) {
          TrackedDelivery<String> delivery =
              window.admit(new Received.Event<>("event " + id, position), 0);
          assertThat(delivery.attempt()).isEqualTo(1);
          assertThat(delivery.position()).isEqualTo(position);
          assertThat(delivery.event()).isEqualTo("event " + id);
          model.entries.add(new Entry(position, delivery));
        }
      }
      case PROGRESS -> {
        window.progress(position);
        model.entries.add(new Entry(position, null));
      }
      case ACK -> pick(model.events(), step.pick).ifPresent(this::ack);
      case ACK_OPEN -> {
        List<Entry> open =
            model.events().stream().filter(entry -> entry.state == Settlement.OPEN).toList();
        pick(open, step.pick).ifPresent(this::ack);
      }
      case NACK ->
          pick(model.events(), step.pick)
              .ifPresent(entry -> nack(entry, step.pick, runtime.nanoTime(), stale));
      case TIME -> runtime.advance(Duration.ofMillis(step.pick));
      case NEXT_NACKED -> {
        Optional<Entry> expected = model.firstDue(runtime.nanoTime());
        assertThat(window.isNackedDue() || expected.isEmpty()).isTrue();
        TrackedDelivery<String> again = window.nextNacked();
        assertThat(again != null).isEqualTo(expected.isPresent());
        expected.ifPresent(entry -> {
          assertThat(again.position()).isEqualTo(entry.position);
          entry.attempt++;
          assertThat(again.attempt()).isEqualTo(entry.attempt);
          entry.state = Settlement.OPEN;
          entry.delivery = again;
        });
        if (again == null) {
          assertThat(window.isNackedDue()).isFalse();
          assertThat(window.untilNacked(Deadline.never(runtime)).remaining())
              .isEqualTo(
                  model.nacked().stream()
                      .map(entry -> Duration.ofNanos(entry.due - runtime.nanoTime()))
                      .min(Comparator.naturalOrder())
                      .orElse(Durations.FOREVER));
        }
        // A nacked delivery must not settle the delivery that replaced it.
        stale.forEach(old -> {
          assertThat(old.ack()).isFalse();
          assertThat(old.nack()).isFalse();
        });
      }
      case WATERMARK -> assertThat(window.watermark()).isEqualTo(model.watermark().orElse(null));
      case HAS_ROOM -> assertThat(window.hasRoom()).isEqualTo(model.span() < capacity);
    }
  }

  private void ack(Entry entry) {
    assertThat(entry.delivery.ack()).isEqualTo(entry.state == Settlement.OPEN);
    if (entry.state == Settlement.OPEN) {
      entry.state = Settlement.ACKED;
    }
  }

  private void nack(Entry entry, int pick, long now, List<TrackedDelivery<String>> stale) {
    boolean plain = pick % 2 == 0;
    Duration wait = plain ? plainWait(entry.attempt) : Duration.ofMillis(pick);
    boolean nacked = plain ? entry.delivery.nack() : entry.delivery.nack(wait);
    assertThat(nacked).isEqualTo(entry.state == Settlement.OPEN);
    if (nacked) {
      entry.state = Settlement.NACKED;
      entry.due = now + wait.toNanos();
      stale.add(entry.delivery);
    }
  }

  /** Returns 0 for the first attempt, 10 ms for the second, then twice as long each, up to 1 s. */
  private static Duration plainWait(int attempt) {
    return attempt == 1
        ? Duration.ZERO
        : Duration.ofMillis((long) Math.min(1_000, 10 * Math.pow(2, attempt - 2)));
  }

  private static void compare(AckWindow<String, TestPosition> window, Model model, int capacity) {
    assertThat(window.watermark()).isEqualTo(model.watermark().orElse(null));
    assertThat(window.unacked()).isEqualTo((int) model.unacked());
    assertThat(window.acked()).isEqualTo(model.events().size() - model.unacked());
    assertThat(window.oldestUnacked().map(unacked -> unacked.delivery().position()))
        .isEqualTo(model.oldestUnacked().map(entry -> entry.position));
    assertThat(window.hasRoom()).isEqualTo(model.span() < capacity);
    assertThat(window.hasNacked()).isEqualTo(!model.nacked().isEmpty());
  }

  private static <T> Optional<T> pick(List<T> from, int pick) {
    // Mostly picks one of the newest, so that acks come out of order but the window moves on.
    return from.isEmpty()
        ? Optional.empty()
        : Optional.of(from.get(from.size() - 1 - pick % Math.min(from.size(), 24)));
  }
}
