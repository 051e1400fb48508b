package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.StreamFailedException;
import dev.perennial.port.Checkpoint;
import dev.perennial.testkit.ConnectionScript;
import dev.perennial.testkit.InMemoryCheckpointStore;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Scripts and checks that several tests of the engine share. */
final class EngineFixture {

  private EngineFixture() {}

  /** Adds the events a, b and c at positions 1, 2 and 3. */
  static void abc(ConnectionScript<String> connection) {
    connection.event(1, "a").event(2, "b").event(3, "c");
  }

  /** Returns the saved positions, in order. */
  static List<String> saves(InMemoryCheckpointStore store) {
    return store.saves().stream()
        .map(InMemoryCheckpointStore.Save::checkpoint)
        .map(Checkpoint::position)
        .toList();
  }

  /** Checks that a call throws the failure of a stream, with the reason that has this tag. */
  static AbstractThrowableAssert<?, ?> assertFailed(String tag, ThrowingCallable call) {
    return assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StreamFailedException.class,
            failure -> assertThat(failure.reason().tag()).isEqualTo(tag));
  }
}
