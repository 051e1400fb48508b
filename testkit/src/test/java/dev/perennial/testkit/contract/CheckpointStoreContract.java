package dev.perennial.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import dev.perennial.port.CheckpointStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The contract of a {@link CheckpointStore} and its claims, with a test for each promise. */
public abstract class CheckpointStoreContract {

  static final Checkpoint ONE = new Checkpoint("test", "print", "1");
  static final Checkpoint TWO = new Checkpoint("test", "", "2\n\\\t ü");

  /** Returns the store under test, empty at the beginning of each test. */
  protected abstract CheckpointStore store();

  /** Replaces the stored checkpoint of a stream by something that is not a checkpoint. */
  protected abstract void corrupt(String streamId) throws Exception;

  /** Frees the claim of a stream without its owner, as after a kill of the owner's process. */
  protected abstract void loseClaim(String streamId) throws Exception;

  @Test
  void claimsOnceUntilTheClaimIsClosed() throws Exception {
    CheckpointClaim claim = claim("orders");
    assertThat(store().tryClaim("orders", lost -> {})).isEmpty();
    claim("payments").close();

    claim.close();
    claim.close();

    claim("orders").close();
  }

  @Test
  void givesTheClaimToOneOfManyThreads() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      Callable<Optional<CheckpointClaim>> attempt = () -> store().tryClaim("orders", lost -> {});
      List<CheckpointClaim> claims = new ArrayList<>();
      for (Future<Optional<CheckpointClaim>> answer :
          pool.invokeAll(List.of(attempt, attempt, attempt, attempt))) {
        answer.get(30, TimeUnit.SECONDS).ifPresent(claims::add);
      }
      assertThat(claims).hasSize(1);
      claims.get(0).close();
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void loadsNothingBeforeTheFirstSave() throws Exception {
    try (CheckpointClaim claim = claim("orders")) {
      assertThat(claim.load()).isEmpty();
    }
  }

  @Test
  void loadsTheLastSaveWithTheNextClaimToo() throws Exception {
    try (CheckpointClaim claim = claim("orders")) {
      claim.save(ONE);
      assertThat(claim.load()).contains(ONE);
      claim.save(TWO);
      assertThat(claim.load()).contains(TWO);
    }
    try (CheckpointClaim claim = claim("orders")) {
      assertThat(claim.load()).contains(TWO);
    }
  }

  @Test
  void keepsTheStreamsApart() throws Exception {
    for (String id : List.of("orders", "Orders", "orders/1", "ü", "a b", "%41")) {
      save(id, new Checkpoint("test", "", id));
    }
    for (String id : List.of("orders", "Orders", "orders/1", "ü", "a b", "%41")) {
      try (CheckpointClaim claim = claim(id)) {
        assertThat(claim.load()).contains(new Checkpoint("test", "", id));
      }
    }
  }

  @Test
  void reportsACorruptCheckpointToAClaim() throws Exception {
    save("orders", ONE);
    corrupt("orders");
    try (CheckpointClaim claim = claim("orders")) {
      assertThrows(Reason.CORRUPT, claim::load);
    }
  }

  @Test
  void savesNothingWithALostClaim() throws Exception {
    CheckpointClaim lost = claim("orders");
    lost.save(ONE);
    loseClaim("orders");
    CheckpointClaim owner = claim("orders");
    assertThat(owner.load()).contains(ONE);
    owner.save(TWO);

    assertThrows(Reason.CLAIM_LOST, () -> lost.save(ONE));
    assertThrows(Reason.CLAIM_LOST, lost::load);
    assertThat(owner.load()).contains(TWO);

    closeLost(lost);
    assertThat(store().tryClaim("orders", any -> {})).as("the owner's claim").isEmpty();
    owner.save(ONE);
    owner.close();
  }

  /** A claim that was lost may say so again when it is closed. */
  private static void closeLost(CheckpointClaim lost) {
    try {
      lost.close();
    } catch (CheckpointException e) {
      assertThat(e.reason()).isEqualTo(Reason.CLAIM_LOST);
    }
  }

  static void assertThrows(Reason reason, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(CheckpointException.class)
        .hasFieldOrPropertyWithValue("reason", reason);
  }

  CheckpointClaim claim(String streamId) throws CheckpointException {
    return store().tryClaim(streamId, lost -> {}).orElseThrow();
  }

  void save(String streamId, Checkpoint checkpoint) throws CheckpointException {
    try (CheckpointClaim claim = claim(streamId)) {
      claim.save(checkpoint);
    }
  }
}
