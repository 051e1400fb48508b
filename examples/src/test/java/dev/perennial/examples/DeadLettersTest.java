package dev.perennial.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.port.StreamRuntime;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.ScriptedClientSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeadLettersTest {

  private static final TapEvent GOOD = identity(1);
  private static final TapEvent POISON = identity(2);

  @TempDir private Path folder;
  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore();
  private final List<TapEvent> handled = new ArrayList<>();

  @Test
  void anEventThatCannotBeHandledIsHandledLater() throws Exception {
    ScriptedClientSource<TapEvent> source =
        new ScriptedClientSource<TapEvent>(StreamRuntime.system())
            .connects(c -> c.event(1, POISON).event(2, GOOD).end());
    try (EventStream<TapEvent> stream =
        EventStream.from(source, Checkpoints.in(store, "events")).open()) {
      DeadLetters.consume(
          stream,
          delivery -> {
            if (delivery.event().equals(POISON)) {
              throw new IllegalArgumentException("not yet");
            }
            handled.add(delivery.event());
          },
          folder);
    }
    assertThat(handled).containsExactly(GOOD);
    assertThat(store.checkpoint("events").orElseThrow().position()).isEqualTo("2");

    for (int run = 0; run < 2; run++) {
      DeadLetters.retry(folder, store, handled::add);
      assertThat(handled).containsExactly(GOOD, POISON);
    }
  }

  private static TapEvent identity(int id) {
    return TapEvent.parse(
        "{\"id\":%d,\"type\":\"identity\",\"identity\":{\"did\":\"did:plc:a\",\"handle\":\"ü.test\",\"is_active\":true,\"status\":\"active\"}}"
            .formatted(id));
  }
}
