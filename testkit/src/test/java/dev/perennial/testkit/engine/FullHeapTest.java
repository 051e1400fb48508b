package dev.perennial.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Checkpoints;
import dev.perennial.CloseReport;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.port.AckingConnection;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Connection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Received;
import dev.perennial.port.Recovery;
import dev.perennial.port.ServerTrackedSource;
import dev.perennial.port.SourceBinding;
import dev.perennial.port.Verdict;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.ScriptedPosition;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Tests in child processes, in each of which a thread fills and frees the heap. */
@DisplayName("A stream survives a heap that is full for a moment, many times")
class FullHeapTest {

  private static final int ROUNDS = 15;

  /** So small that four lost acks block the stream. */
  private static final int WINDOW = 4;

  @Test
  @DisplayName("client-tracked: no event is lost or delivered twice, and the last ack is saved")
  void clientTracked() throws Exception {
    assertThat(run("client")).endsWith("in order, report SAVED, saved the last, rounds " + ROUNDS);
  }

  @Test
  @DisplayName("server-tracked: no event is lost or delivered twice, and the server gets all acks")
  void serverTracked() throws Exception {
    assertThat(run("server")).endsWith("in order, report NONE, acked all, rounds " + ROUNDS);
  }

  private static String run(String kind) throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx32m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                kind)
            .redirectErrorStream(true)
            .start();
    try {
      assertThat(child.waitFor(100, TimeUnit.SECONDS)).as("ended").isTrue();
      return new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    } finally {
      child.destroyForcibly().waitFor();
    }
  }

  /** The main class of the child process. The last line of its output is the result. */
  static final class Child {

    public static void main(String[] arguments) throws Exception {
      Numbers numbers = new Numbers();
      InMemoryCheckpointStore store = new InMemoryCheckpointStore();
      boolean client = arguments[0].equals("client");
      EventStreamBuilder<Long> builder =
          client
              ? EventStream.from(new Client(numbers), Checkpoints.in(store, "orders"))
              : EventStream.from(new Server(numbers));
      EventStream<Long> stream =
          builder
              .window(WINDOW)
              .backoff(BackoffPolicy.exponential(Duration.ofMillis(1), Duration.ofMillis(1)))
              .open();
      HeapFiller filler = new HeapFiller();
      filler.start();
      String order = "in order";
      long handled = 0;
      while (filler.isAlive()) {
        try {
          Delivery<Long> delivery = stream.next();
          if (delivery.event() != handled + 1) {
            order = "out of order: " + delivery.event() + " after " + handled;
            break;
          }
          acked(delivery, filler);
          handled++;
          filler.handled = handled;
        } catch (OutOfMemoryError e) {
          filler.errors++;
        }
      }
      CloseReport report = stream.close(Duration.ofSeconds(10));
      String durable;
      if (client) {
        String last = String.valueOf(handled);
        String saved = store.checkpoint("orders").map(Checkpoint::position).orElse("nothing");
        durable = saved.equals(last) ? "saved the last" : "saved " + saved + ", not " + last;
      } else {
        int acked = numbers.acked.cardinality();
        durable = acked == handled ? "acked all" : "acked " + acked + " of " + handled;
      }
      System.out.println(
          handled
              + " events, "
              + filler.errors
              + " errors, "
              + order
              + ", report "
              + report.checkpoint()
              + ", "
              + durable
              + ", rounds "
              + filler.rounds);
    }

    private static void acked(Delivery<Long> delivery, HeapFiller filler) {
      while (true) {
        try {
          delivery.ack();
          return;
        } catch (OutOfMemoryError e) {
          filler.errors++;
        }
      }
    }
  }

  /** A thread that fills the heap until the stream has failed to allocate, and then frees it. */
  private static final class HeapFiller extends Thread {

    private final byte[][] blocks = new byte[1 << 20][];
    volatile long handled;
    volatile long errors;
    volatile int rounds;

    HeapFiller() {
      super("filler");
      setDaemon(true);
    }

    @Override
    public void run() {
      // A class that cannot be loaded because the heap is full stays unusable, so all classes must
      // be loaded first.
      awaitHandled(20_000);
      while (rounds < ROUNDS) {
        long before = errors;
        int used = 0;
        for (int size = 1 << 16; size >= 16; size /= 16) {
          used = fill(used, size);
        }
        while (errors < before + 3) {
          Thread.onSpinWait();
          used = fill(used, 16);
        }
        for (int i = 0; i < used; i++) {
          blocks[i] = null;
        }
        awaitHandled(handled + 1_000);
        rounds++;
      }
    }

    private void awaitHandled(long count) {
      while (handled < count) {
        LockSupport.parkNanos(100_000);
      }
    }

    private int fill(int from, int size) {
      int used = from;
      try {
        while (used < blocks.length) {
          blocks[used] = new byte[size];
          used++;
        }
      } catch (OutOfMemoryError e) {
        return used;
      }
      return used;
    }
  }

  /** The state of a source whose events are the numbers from 1. */
  private static final class Numbers {
    private final SourceBinding binding = new SourceBinding();
    private final BitSet acked = new BitSet(1 << 24);
  }

  private static final class Client implements ClientTrackedSource<Long, ScriptedPosition> {

    private final Numbers numbers;

    Client(Numbers numbers) {
      this.numbers = numbers;
    }

    @Override
    public Optional<ScriptedPosition> start() {
      return Optional.of(new ScriptedPosition(0));
    }

    @Override
    public Connection<Long, ScriptedPosition> connect(Optional<ScriptedPosition> after) {
      return new Connection<>() {
        private long last = after.orElseThrow().value();

        @Override
        public Received<Long, ScriptedPosition> receive(Duration timeout) {
          Received<Long, ScriptedPosition> event =
              Received.event(last + 1, new ScriptedPosition(last + 1));
          last++;
          return event;
        }

        @Override
        public void close(Duration flush) {}
      };
    }

    @Override
    public Recovery<Long, ScriptedPosition> recover(ScriptedPosition lost, Throwable cause) {
      return Recovery.stop();
    }

    @Override
    public Checkpoint encode(ScriptedPosition position) {
      return new Checkpoint(name(), "", String.valueOf(position.value()));
    }

    @Override
    public ScriptedPosition decode(Checkpoint saved) throws CheckpointException {
      return new ScriptedPosition(Long.parseLong(saved.position()));
    }

    @Override
    public SourceBinding binding() {
      return numbers.binding;
    }

    @Override
    public String name() {
      return "numbers";
    }

    @Override
    public ErrorClassifier errors() {
      return error -> Optional.of(Verdict.retry());
    }
  }

  private static final class Server implements ServerTrackedSource<Long, ScriptedPosition> {

    private final Numbers numbers;

    Server(Numbers numbers) {
      this.numbers = numbers;
    }

    @Override
    public AckingConnection<Long, ScriptedPosition> connect() {
      return new AckingConnection<>() {
        private int last;

        @Override
        public Received<Long, ScriptedPosition> receive(Duration timeout) {
          int next = numbers.acked.nextClearBit(last + 1);
          Received<Long, ScriptedPosition> event =
              Received.event((long) next, new ScriptedPosition(next));
          last = next;
          return event;
        }

        @Override
        public void acknowledge(ScriptedPosition position) {
          numbers.acked.set((int) position.value());
        }

        @Override
        public int unsent() {
          return 0;
        }

        @Override
        public void close(Duration flush) {}
      };
    }

    @Override
    public Duration redeliveryHorizon() {
      return Duration.ofHours(1);
    }

    @Override
    public SourceBinding binding() {
      return numbers.binding;
    }

    @Override
    public String name() {
      return "numbers";
    }

    @Override
    public ErrorClassifier errors() {
      return error -> Optional.of(Verdict.retry());
    }
  }
}
