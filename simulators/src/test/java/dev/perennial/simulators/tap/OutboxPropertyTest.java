package dev.perennial.simulators.tap;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

/**
 * A client that acks only what it was sent, against any order of events, writes, acks, ticks and
 * restarts.
 */
class OutboxPropertyTest {

  private static final int DIDS = 3;

  /** One step; what does not fit the moment does nothing. */
  record Step(Kind kind, int choice) {}

  enum Kind {
    EMIT_HISTORICAL,
    EMIT_LIVE,
    POLL,
    ACK,
    RETRY_TICK,
    DELETE_TICK,
    RESTART
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Kind> kinds =
        Arbitraries.frequencyOf(
            Tuple.of(4, Arbitraries.just(Kind.EMIT_HISTORICAL)),
            Tuple.of(4, Arbitraries.just(Kind.EMIT_LIVE)),
            Tuple.of(10, Arbitraries.just(Kind.POLL)),
            Tuple.of(8, Arbitraries.just(Kind.ACK)),
            Tuple.of(1, Arbitraries.just(Kind.RETRY_TICK)),
            Tuple.of(1, Arbitraries.just(Kind.DELETE_TICK)),
            Tuple.of(1, Arbitraries.just(Kind.RESTART)));
    return Combinators.combine(kinds, Arbitraries.integers().between(0, 1_000))
        .as(Step::new)
        .list()
        .ofMaxSize(300);
  }

  @Property(tries = 2_000)
  void keepsTheOrderOfEachDidAndLosesNothing(
      @ForAll("steps") List<Step> steps, @ForAll @IntRange(min = 1, max = 6) int channelCapacity) {
    Model model = new Model(channelCapacity);
    steps.forEach(model::take);
    model.finish();
  }

  /** What a client knows, and may expect. */
  private static final class Model {

    private final OutboxFixture fixture;
    private final Map<Long, Integer> didOf = new HashMap<>();
    private final Set<Long> live = new HashSet<>();
    private final Set<Long> acked = new HashSet<>();

    /** Written in this run of the server, not acked. */
    private final Set<Long> held = new HashSet<>();

    private long millis;

    Model(int channelCapacity) {
      fixture = new OutboxFixture(Duration.ofSeconds(1), channelCapacity);
    }

    void take(Step step) {
      switch (step.kind()) {
        case EMIT_HISTORICAL -> emit(step.choice() % DIDS, false);
        case EMIT_LIVE -> emit(step.choice() % DIDS, true);
        case POLL -> poll();
        case ACK -> {
          if (!held.isEmpty()) {
            ack(held.stream().sorted().skip(step.choice() % held.size()).findFirst().orElseThrow());
          }
        }
        case RETRY_TICK -> retryTick();
        case DELETE_TICK -> fixture.deleteTick();
        case RESTART -> {
          fixture.restart();
          held.clear();
        }
      }
    }

    /** Acks all that comes, until there is nothing more; then everything must be acked. */
    void finish() {
      for (int round = 0; round < 3; round++) {
        retryTick();
        while (poll()) {
          List.copyOf(held).forEach(this::ack);
        }
      }
      fixture.deleteTick();
      assertThat(fixture.stored()).isZero();
      assertThat(acked).isEqualTo(didOf.keySet());
      assertThat(fixture.ledger().entries()).noneMatch(Ledger.Entry::ackedTooEarly);
    }

    private void emit(int did, boolean isLive) {
      long id = fixture.emit("did:plc:" + did, isLive);
      if (didOf.containsKey(id)) {
        // An id that was used before the last restart, by an event that is acked and deleted.
        assertThat(acked).contains(id);
        acked.remove(id);
        live.remove(id);
      }
      didOf.put(id, did);
      if (isLive) {
        live.add(id);
      }
    }

    private boolean poll() {
      long id = fixture.poll();
      if (id == 0) {
        return false;
      }
      if (acked.contains(id)) {
        // A copy, or an event that came again after a restart.
        fixture.ack(id);
      } else {
        int did = didOf.get(id);
        Set<Long> others = new HashSet<>(held);
        others.remove(id);
        others.removeIf(other -> didOf.get(other) != did);
        if (live.contains(id)) {
          assertThat(others).as("unacked when the live event %s came", id).isEmpty();
        }
        assertThat(others).as("unacked when %s came", id).noneMatch(live::contains);
        held.add(id);
      }
      return true;
    }

    private void ack(long id) {
      fixture.ack(id);
      held.remove(id);
      acked.add(id);
    }

    private void retryTick() {
      millis += 2_000;
      fixture.at(millis);
      fixture.retryTick();
    }
  }
}
