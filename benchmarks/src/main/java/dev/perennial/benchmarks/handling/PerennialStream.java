package dev.perennial.benchmarks.handling;

import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.Handling;
import dev.perennial.benchmarks.FreeClientSource;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointStore;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** A stream over a source that costs nothing, with its checkpoint in memory. */
record PerennialStream(int window) implements HandlingEngine {

  /** The keys in turn: the pulling thread asks once for each event. */
  private static final class KeysInTurn implements Function<Object, Object> {
    private long next;

    @Override
    public Object apply(Object event) {
      return Load.key(next++);
    }
  }

  @Override
  public String title() {
    return String.format(Locale.ROOT, "**Perennial**, window %,d", window);
  }

  @Override
  public void run(Turn turn) throws InterruptedException {
    AtomicReference<Checkpoint> memory = new AtomicReference<>();
    CheckpointStore store =
        CheckpointStore.of(
            id -> Optional.ofNullable(memory.get()), (id, saved) -> memory.set(saved));
    try (EventStream<Object> stream =
        EventStream.from(
                new FreeClientSource(turn.load().events()), Checkpoints.in(store, "benchmark"))
            .window(window)
            .open()) {
      turn.begin();
      stream.consume(
          delivery -> turn.handle(),
          Handling.inOrderPerKey(new KeysInTurn(), turn.load().handlers()));
    }
  }
}
