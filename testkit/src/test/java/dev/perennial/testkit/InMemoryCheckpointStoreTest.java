package dev.perennial.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import dev.perennial.testkit.InMemoryCheckpointStore.Call;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class InMemoryCheckpointStoreTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Checkpoint ONE = new Checkpoint("scripted", "", "1");
  private static final Checkpoint TWO = new Checkpoint("scripted", "", "2");

  private final VirtualRuntime runtime = new VirtualRuntime(1);
  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore(runtime);
  private final AtomicInteger lost = new AtomicInteger();

  @Test
  void theNextClaimLoadsTheSavedCheckpoint() {
    runtime.run(() -> {
      CheckpointClaim claim = claim("a");
      assertThat(claim.load()).isEmpty();
      claim.save(ONE);
      claim.save(TWO);
      claim.close();
      claim.close();
      assertThat(claim("a").load()).contains(TWO);
      assertThat(claim("b").load()).isEmpty();
    });
    assertThat(store.checkpoint("a")).contains(TWO);
    assertThat(store.saves())
        .extracting(InMemoryCheckpointStore.Save::checkpoint)
        .containsExactly(ONE, TWO);
    assertThat(store.calls(Call.SAVE)).isEqualTo(2);
  }

  @Test
  void onlyOneClaimIsHeldAtATime() {
    runtime.run(() -> {
      CheckpointClaim first = claim("a");
      assertThat(store.tryClaim("a", why -> lost.incrementAndGet())).isEmpty();
      assertThat(store.isClaimed("a")).isTrue();
      first.close();
      assertThat(store.isClaimed("a")).isFalse();
      CheckpointClaim second = claim("a");
      first.close();
      second.save(ONE);
      assertThatReason(() -> first.save(TWO)).isEqualTo(Reason.CLAIM_LOST);
    });
    assertThat(store.checkpoint("a")).contains(ONE);
    assertThat(lost).hasValue(0);
  }

  @Test
  void aLostClaimIsReportedAndSavesNothing() {
    runtime.run(() -> {
      CheckpointClaim claim = claim("a");
      store.loseClaim("a");
      assertThat(lost).hasValue(1);
      assertThatReason(() -> claim.save(ONE)).isEqualTo(Reason.CLAIM_LOST);
      assertThatReason(claim::load).isEqualTo(Reason.CLAIM_LOST);
      CheckpointClaim next = claim("a");
      claim.close();
      next.save(TWO);
      store.expireClaim("a");
      assertThatReason(() -> next.save(ONE)).isEqualTo(Reason.CLAIM_LOST);
    });
    assertThat(lost).hasValue(1);
    assertThat(store.checkpoint("a")).contains(TWO);
  }

  @Test
  void callsFailAsOftenAsRequested() {
    CheckpointException full = CheckpointException.unavailable("disk full", null);
    runtime.run(() -> {
      store.fail(Call.CLAIM, 1);
      assertThatReason(() -> claim("a")).isEqualTo(Reason.UNAVAILABLE);
      CheckpointClaim claim = claim("a");
      store.fail(Call.SAVE, 2, full).fail(Call.LOAD, 1);
      assertThatThrownBy(() -> claim.save(ONE)).isSameAs(full);
      assertThatThrownBy(() -> claim.save(ONE)).isSameAs(full);
      assertThat(store.checkpoint("a")).isEmpty();
      claim.save(ONE);
      assertThatReason(claim::load).isEqualTo(Reason.UNAVAILABLE);
      store.failAfterEffect(Call.SAVE, 1);
      assertThatReason(() -> claim.save(TWO)).isEqualTo(Reason.UNAVAILABLE);
      assertThat(claim.load()).contains(TWO);
      store.fail(Call.RELEASE, 1);
      assertThatReason(claim::close).isEqualTo(Reason.UNAVAILABLE);
    });
  }

  @Test
  void aClaimWhoseReplyWasLostIsNotHeld() {
    runtime.run(() -> {
      store.failAfterEffect(Call.CLAIM, 1);
      assertThatReason(() -> claim("a")).isEqualTo(Reason.UNAVAILABLE);
      assertThat(store.isClaimed("a")).isFalse();
    });
  }

  @Test
  void callsHangUntilReleasedOrForATimeAndAreAsSlowAsRequested() {
    runtime.run(() -> {
      CheckpointClaim claim = claim("a");
      store.hang(Call.SAVE);
      SimulatedThread saver = runtime.spawn("saver", () -> claim.save(ONE));
      assertThat(saver.join(SECOND)).isFalse();
      assertThat(store.checkpoint("a")).isEmpty();
      store.release(Call.SAVE);
      saver.join();
      assertThat(store.checkpoint("a")).contains(ONE);
      assertThat(runtime.elapsed()).isEqualTo(SECOND);
      store.hang(Call.SAVE, SECOND).takes(SECOND);
      claim.save(TWO);
      assertThat(runtime.elapsed()).isEqualTo(SECOND.multipliedBy(3));
      claim.save(TWO);
      assertThat(runtime.elapsed()).isEqualTo(SECOND.multipliedBy(4));
    });
  }

  @Test
  void callsWorkAfterHeal() {
    runtime.run(() -> {
      CheckpointClaim claim = claim("a");
      store.fail(Call.SAVE, 9).failAfterEffect(Call.SAVE, 9).hang(Call.SAVE, SECOND).takes(SECOND);
      store.hang(Call.LOAD);
      SimulatedThread loader = runtime.spawn("loader", claim::load);
      assertThat(loader.join(SECOND.multipliedBy(9))).isFalse();
      store.heal();
      loader.join();
      claim.save(ONE);
      assertThat(runtime.elapsed()).isEqualTo(SECOND.multipliedBy(9));
    });
  }

  @Test
  void aCorruptCheckpointCannotBeLoadedUntilItIsReplaced() {
    runtime.run(() -> {
      store.put("a", ONE).corrupt("a");
      CheckpointClaim claim = claim("a");
      assertThatReason(claim::load).isEqualTo(Reason.CORRUPT);
      claim.save(TWO);
      assertThat(claim.load()).contains(TWO);
      store.corrupt("a").put("a", ONE);
      assertThat(claim.load()).contains(ONE);
    });
  }

  @Test
  void twoThreadsInOneClaimFailTheRun() {
    store.takes(SECOND);
    assertThatThrownBy(() ->
            runtime.run(() -> {
              CheckpointClaim claim = claim("a");
              runtime.spawn("one", () -> claim.save(ONE));
              runtime.spawn("two", () -> claim.save(TWO));
            }))
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("used a claim from two threads at once");
  }

  @Test
  void itWorksInRealTime() throws CheckpointException {
    InMemoryCheckpointStore real = new InMemoryCheckpointStore();
    try (CheckpointClaim claim = real.tryClaim("a", why -> lost.incrementAndGet()).orElseThrow()) {
      claim.save(ONE);
    }
    assertThat(real.checkpoint("a")).contains(ONE);
  }

  /** Compares random calls with a model of two maps. */
  @Property(tries = 100)
  void itAgreesWithAModel(@ForAll @Size(max = 60) List<@IntRange(min = 0, max = 19) Integer> script)
      throws CheckpointException {
    InMemoryCheckpointStore store = new InMemoryCheckpointStore();
    Map<String, Checkpoint> saved = new HashMap<>();
    Map<String, CheckpointClaim> held = new HashMap<>();
    int count = 0;
    for (int step : script) {
      String id = "stream-" + step % 2;
      CheckpointClaim claim = held.get(id);
      switch (step % 10) {
        case 0, 1, 2 -> {
          Optional<CheckpointClaim> claimed = store.tryClaim(id, why -> {});
          assertThat(claimed.isPresent()).isEqualTo(claim == null);
          claimed.ifPresent(fresh -> held.put(id, fresh));
        }
        case 3 -> {
          if (claim != null) {
            claim.close();
            held.remove(id);
          }
        }
        case 4, 5 -> {
          if (claim != null) {
            assertThat(claim.load()).isEqualTo(Optional.ofNullable(saved.get(id)));
          }
        }
        default -> {
          if (claim != null) {
            Checkpoint checkpoint = new Checkpoint("scripted", "", "" + ++count);
            claim.save(checkpoint);
            saved.put(id, checkpoint);
          }
        }
      }
      assertThat(store.checkpoint(id)).isEqualTo(Optional.ofNullable(saved.get(id)));
      assertThat(store.isClaimed(id)).isEqualTo(held.containsKey(id));
    }
  }

  private CheckpointClaim claim(String id) throws CheckpointException {
    return store.tryClaim(id, why -> lost.incrementAndGet()).orElseThrow();
  }

  private static org.assertj.core.api.AbstractObjectAssert<?, ?> assertThatReason(
      ThrowingCallable call) {
    return assertThatThrownBy(call).isInstanceOf(CheckpointException.class).extracting("reason");
  }
}
