package dev.perennial.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.VirtualRuntime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The test that the page on testing shows. */
class VirtualTimeTest {

  // tag::reconnect
  @Test
  void reconnectsAndSavesWhatIsHandled() {
    VirtualRuntime runtime = new VirtualRuntime(42);
    ScriptedClientSource<String> source =
        new ScriptedClientSource<String>(runtime)
            .connects(c -> c.event(1, "a").lose(ScriptedFailure.retry("connection reset")))
            .connects(c -> c.event(2, "b").end());
    InMemoryCheckpointStore store = new InMemoryCheckpointStore(runtime);
    List<String> handled = new ArrayList<>();

    runtime.run(() -> {
      try (EventStream<String> stream =
          EventStream.from(source, Checkpoints.in(store, "orders")).runtime(runtime).open()) {
        stream.consume(delivery -> handled.add(delivery.event()));
      }
    });

    assertThat(handled).containsExactly("a", "b");
    assertThat(source.connects()).hasSize(2);
    assertThat(store.checkpoint("orders")).isPresent();
  }
  // end::reconnect
}
