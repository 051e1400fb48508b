package dev.perennial.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Checkpoints;
import dev.perennial.EventStream;
import dev.perennial.cli.ChildProcess;
import dev.perennial.port.StreamRuntime;
import dev.perennial.testkit.ScriptedClientSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;

/** An index that writes only when 16 events wait, and the stream of what it indexes. */
final class SlowIndex {

  private static final int CONCURRENCY = 16;
  private static final int EVENTS = 100;
  private static final int UNREADABLE = 40;

  private final List<Integer> indexed = new ArrayList<>();
  private final List<Runnable> waiting = new ArrayList<>();
  private int running;
  private int mostRunning;

  /** Opens a stream with the events 1 to 100. */
  static EventStream<Integer> open() {
    ScriptedClientSource<Integer> source = new ScriptedClientSource<>(StreamRuntime.system());
    source.connects(c -> {
      for (int i = 1; i <= EVENTS; i++) {
        c.event(i, i);
      }
      c.end();
    });
    return EventStream.from(source, Checkpoints.none()).open();
  }

  /** Writes an event when 16 wait, or at once if it is the last. */
  synchronized CompletionStage<Void> put(int event) {
    mostRunning = Math.max(mostRunning, ++running);
    CompletableFuture<Void> write = new CompletableFuture<>();
    waiting.add(() -> {
      written(event);
      write.complete(null);
    });
    if (waiting.size() == CONCURRENCY || event == EVENTS) {
      List<Runnable> due = List.copyOf(waiting);
      waiting.clear();
      Thread writer = new Thread(() -> due.forEach(Runnable::run));
      writer.setDaemon(true);
      writer.start();
    }
    return write;
  }

  /** Fails at one of the events. */
  CompletionStage<Void> putReadable(int event) {
    return event == UNREADABLE
        ? CompletableFuture.failedFuture(new IllegalStateException("unreadable"))
        : put(event);
  }

  private synchronized void written(int event) {
    running--;
    indexed.add(event);
  }

  /** Checks that everything is indexed and acked, 16 events at a time. */
  synchronized void assertComplete(EventStream<Integer> stream) {
    assertThat(indexed)
        .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, EVENTS).boxed().toList());
    assertThat(mostRunning).isEqualTo(CONCURRENCY);
    assertThat(stream.stats().acked()).isEqualTo(EVENTS);
  }

  /**
   * Checks that the event at which the index failed is not acked, and that the stream is usable.
   */
  synchronized void assertFailed(EventStream<Integer> stream) throws InterruptedException {
    assertThat(indexed).doesNotContain(UNREADABLE);
    assertThat(stream.next().event()).isGreaterThan(UNREADABLE);
    assertThat(stream.close(ChildProcess.DEADLINE).unacked()).isGreaterThan(1);
  }
}
