package dev.perennial.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.perennial.port.CheckpointException.Reason;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FunctionStoreTest {

  private static final Checkpoint CHECKPOINT = new Checkpoint("source", "", "42");

  private final Map<String, Checkpoint> table = new HashMap<>();
  private final CheckpointStore store =
      CheckpointStore.of(id -> Optional.ofNullable(table.get(id)), table::put);

  private static CheckpointClaim claim(CheckpointStore store, String id)
      throws CheckpointException {
    return store
        .tryClaim(
            id,
            why -> {
              throw new AssertionError("a claim within one object is never lost");
            })
        .orElseThrow();
  }

  @Test
  @DisplayName("each stream loads the checkpoint that it saved")
  void saves() throws Exception {
    CheckpointClaim one = claim(store, "one");
    CheckpointClaim two = claim(store, "two");
    assertThat(one.load()).isEmpty();
    one.save(CHECKPOINT);
    assertThat(one.load()).contains(CHECKPOINT);
    assertThat(two.load()).isEmpty();
  }

  @Test
  @DisplayName(
      "a second claim is refused until the first one is closed, and closing a claim twice does not release a later one")
  void claims() throws Exception {
    CheckpointClaim first = claim(store, "one");
    assertThat(store.tryClaim("one", why -> {})).isEmpty();
    first.close();
    claim(store, "one");
    first.close();
    assertThat(store.tryClaim("one", why -> {})).isEmpty();
  }

  @Test
  @DisplayName(
      "an exception of a function becomes UNAVAILABLE, with the function, the stream and the cause")
  void unavailable() throws Exception {
    IOException broken = new IOException("broken");
    CheckpointStore failing =
        CheckpointStore.of(
            id -> {
              throw broken;
            },
            (id, checkpoint) -> {
              throw new IllegalStateException(broken);
            });
    CheckpointClaim claim = claim(failing, "orders");
    CheckpointException load = catchThrowableOfType(CheckpointException.class, claim::load);
    assertThat(load.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(load).hasMessageContaining("load").hasMessageContaining("orders").hasCause(broken);
    CheckpointException save =
        catchThrowableOfType(CheckpointException.class, () -> claim.save(CHECKPOINT));
    assertThat(save.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(save).hasMessageContaining("save").hasRootCause(broken);
  }

  @Test
  @DisplayName("the store has no administration, because two functions cannot list or delete")
  void admin() {
    assertThat(store.admin()).isEmpty();
  }

  @Test
  @DisplayName("a CheckpointException of a function is thrown unchanged")
  void checkpointException() throws Exception {
    CheckpointException corrupt = CheckpointException.corrupt("torn", null);
    CheckpointClaim claim =
        claim(
            CheckpointStore.of(
                id -> {
                  throw corrupt;
                },
                (id, checkpoint) -> {}),
            "orders");
    assertThatExceptionOfType(CheckpointException.class).isThrownBy(claim::load).isSameAs(corrupt);
  }
}
