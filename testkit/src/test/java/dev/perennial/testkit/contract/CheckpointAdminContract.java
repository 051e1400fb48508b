package dev.perennial.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointAdmin;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The contract of a {@link CheckpointAdmin}, with a test for each promise. */
public abstract class CheckpointAdminContract extends CheckpointStoreContract {

  @Test
  void listsTheStreamsThatHaveACheckpointSorted() throws Exception {
    assertThat(admin().streamIds()).isEmpty();
    for (String id : List.of("orders", "ü/1", "a b", "B")) {
      save(id, ONE);
    }
    store().tryClaim("never saved", lost -> {}).orElseThrow().close();

    assertThat(admin().streamIds()).containsExactly("B", "a b", "orders", "ü/1");
  }

  @Test
  void listsACorruptCheckpoint() throws Exception {
    save("orders", ONE);
    corrupt("orders");

    assertThat(admin().streamIds()).containsExactly("orders");
  }

  @Test
  void listsIntoAnImmutableList() throws Exception {
    save("orders", ONE);

    List<String> ids = admin().streamIds();

    assertThatThrownBy(() -> ids.add("payments")).isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void loadsTheLastSavedCheckpoint() throws Exception {
    save("orders", ONE);
    save("orders", TWO);

    assertThat(admin().load("orders")).contains(TWO);
  }

  @Test
  void loadsNothingForAStreamThatNeverSaved() throws Exception {
    assertThat(admin().load("orders")).isEmpty();
    try (CheckpointClaim claim = claim("orders")) {
      assertThat(admin().load("orders")).isEmpty();
      assertThat(claim.load()).isEmpty();
    }
  }

  @Test
  void loadsWhileAStreamHoldsTheClaimWithoutAffectingIt() throws Exception {
    try (CheckpointClaim claim = claim("orders")) {
      claim.save(ONE);
      assertThat(admin().load("orders")).contains(ONE);
      assertThat(admin().streamIds()).containsExactly("orders");
      claim.save(TWO);
      assertThat(admin().load("orders")).contains(TWO);
      assertThat(store().tryClaim("orders", lost -> {})).as("another claim").isEmpty();
    }
  }

  @Test
  void reportsACorruptCheckpoint() throws Exception {
    save("orders", ONE);
    corrupt("orders");

    assertThatThrownBy(() -> admin().load("orders"))
        .isInstanceOf(CheckpointException.class)
        .hasFieldOrPropertyWithValue("reason", Reason.CORRUPT);
  }

  @Test
  void putsACheckpointFromWhichTheStreamResumes() throws Exception {
    admin().put("orders", ONE);

    assertThat(admin().load("orders")).contains(ONE);
    assertThat(admin().streamIds()).containsExactly("orders");
    try (CheckpointClaim claim = claim("orders")) {
      assertThat(claim.load()).contains(ONE);
      claim.save(TWO);
      assertThat(claim.load()).contains(TWO);
    }
    assertThat(admin().load("orders")).contains(TWO);
  }

  @Test
  void putsACheckpointInPlaceOfTheLast() throws Exception {
    save("orders", ONE);
    save("payments", ONE);

    admin().put("orders", TWO);

    assertThat(admin().load("orders")).contains(TWO);
    assertThat(admin().load("payments")).as("another stream").contains(ONE);
  }

  @Test
  void putsACheckpointInPlaceOfACorruptOne() throws Exception {
    save("orders", ONE);
    corrupt("orders");

    admin().put("orders", TWO);

    assertThat(admin().load("orders")).contains(TWO);
    try (CheckpointClaim claim = claim("orders")) {
      assertThat(claim.load()).contains(TWO);
    }
  }

  @Test
  void putsACheckpointAfterADelete() throws Exception {
    save("orders", ONE);
    admin().delete("orders");

    admin().put("orders", TWO);

    try (CheckpointClaim claim = claim("orders")) {
      assertThat(claim.load()).contains(TWO);
    }
  }

  @Test
  void putsNothingWhileAStreamHoldsTheClaim() throws Exception {
    try (CheckpointClaim claim = claim("orders")) {
      claim.save(ONE);

      assertRefused("put", () -> admin().put("orders", TWO));

      assertThat(claim.load()).contains(ONE);
      claim.save(TWO);
    }
    admin().put("orders", ONE);
    assertThat(admin().load("orders")).contains(ONE);
  }

  @Test
  void putsNothingBeforeAStreamThatHoldsTheClaimSavesItsFirst() throws Exception {
    try (CheckpointClaim claim = claim("orders")) {
      assertRefused("put", () -> admin().put("orders", TWO));

      assertThat(claim.load()).isEmpty();
    }
    assertThat(admin().load("orders")).isEmpty();
  }

  @Test
  void holdsNoClaimAfterAPut() throws Exception {
    admin().put("orders", ONE);
    admin().put("orders", TWO);

    claim("orders").close();
  }

  @Test
  void deletesACheckpointAndReturnsWhetherThereWasOne() throws Exception {
    save("orders", ONE);
    save("payments", ONE);

    assertThat(admin().delete("orders")).isTrue();

    assertThat(admin().delete("orders")).as("again").isFalse();
    assertThat(admin().delete("unknown")).isFalse();
    assertThat(admin().load("orders")).isEmpty();
    assertThat(admin().streamIds()).containsExactly("payments");
    try (CheckpointClaim claim = claim("orders")) {
      assertThat(claim.load()).isEmpty();
    }
  }

  @Test
  void deletesACorruptCheckpoint() throws Exception {
    save("orders", ONE);
    corrupt("orders");

    assertThat(admin().delete("orders")).isTrue();

    assertThat(admin().load("orders")).isEmpty();
    assertThat(admin().streamIds()).isEmpty();
  }

  @Test
  void deletesNothingWhileAStreamHoldsTheClaim() throws Exception {
    try (CheckpointClaim claim = claim("orders")) {
      claim.save(ONE);

      assertRefused("delete", () -> admin().delete("orders"));

      assertThat(claim.load()).contains(ONE);
      claim.save(TWO);
      assertThat(admin().load("orders")).contains(TWO);
    }
    assertThat(admin().delete("orders")).isTrue();
  }

  /** In each round either the claim or the put comes first, and no put changes a saved value. */
  @Test
  void neverPutsIntoAClaimThatAnotherThreadAcquires() throws Exception {
    int rounds = 50;
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      CyclicBarrier start = new CyclicBarrier(2);
      Future<?> putting =
          pool.submit(() -> {
            for (int i = 0; i < rounds; i++) {
              start.await(30, TimeUnit.SECONDS);
              putUnlessClaimed(new Checkpoint("admin", "", String.valueOf(i)));
            }
            return null;
          });
      Future<List<String>> wrong =
          pool.submit(() -> {
            List<String> found = new ArrayList<>();
            for (int i = 0; i < rounds; i++) {
              start.await(30, TimeUnit.SECONDS);
              Optional<CheckpointClaim> claim = store().tryClaim("orders", lost -> {});
              if (claim.isPresent()) {
                Checkpoint saved = new Checkpoint("stream", "", String.valueOf(i));
                claim.get().save(saved);
                for (int load = 0; load < 3; load++) {
                  admin()
                      .load("orders")
                      .filter(other -> !other.equals(saved))
                      .ifPresent(other -> found.add(other + " instead of " + saved));
                }
                claim.get().close();
              }
            }
            return found;
          });
      assertThat(wrong.get(60, TimeUnit.SECONDS)).isEmpty();
      putting.get(60, TimeUnit.SECONDS);
    } finally {
      pool.shutdownNow();
    }
  }

  private void putUnlessClaimed(Checkpoint checkpoint) throws CheckpointException {
    try {
      admin().put("orders", checkpoint);
    } catch (CheckpointException e) {
      if (e.reason() != Reason.CLAIMED) {
        throw e;
      }
    }
  }

  private static void assertRefused(String action, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(CheckpointException.class)
        .hasFieldOrPropertyWithValue("reason", Reason.CLAIMED)
        .hasMessageStartingWith("Cannot " + action + " checkpoint \"orders\"")
        .hasMessageContaining("holds its claim. Close that stream");
  }

  private CheckpointAdmin admin() {
    return store().admin().orElseThrow();
  }
}
