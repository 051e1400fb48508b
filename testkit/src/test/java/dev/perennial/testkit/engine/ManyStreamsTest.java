package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.port.StreamRuntime;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.ScriptedClientSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Runs in real time, because it counts real threads. */
class ManyStreamsTest {

  private static final int STREAMS = 1_000;

  @Test
  @DisplayName("1,000 streams share few threads, and none is left after the last close")
  void threads() throws InterruptedException {
    InMemoryCheckpointStore store = new InMemoryCheckpointStore();
    List<EventStream<String>> streams = new ArrayList<>();
    for (int i = 0; i < STREAMS; i++) {
      ScriptedClientSource<String> source =
          new ScriptedClientSource<String>(StreamRuntime.system()).connects(c -> c.event(1, "a"));
      streams.add(EventStream.from(source, Checkpoints.in(store, "stream " + i)).open());
    }
    for (EventStream<String> stream : streams) {
      assertThat(stream.next().ack()).isTrue();
    }
    assertThat(libraryThreads()).isLessThan(STREAMS / 10);
    for (EventStream<String> stream : streams) {
      stream.close();
    }
    assertThat(store.saves())
        .filteredOn(save -> save.checkpoint().position().equals("1"))
        .hasSize(STREAMS);
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> libraryThreads() == 0);
  }

  private static long libraryThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("perennial-"))
        .count();
  }
}
