package dev.perennial.port.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.perennial.Threads;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.StreamRuntime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class InboxTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  private final StreamRuntime runtime = StreamRuntime.system();

  enum Op {
    PUT,
    POLL,
    FAIL,
    WAKE_UP
  }

  /** An operation and, for a put, the weight of its item. */
  record Step(Op op, int weight) {}

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Op> ops =
        Arbitraries.frequency(
            Tuple.of(40, Op.PUT),
            Tuple.of(36, Op.POLL),
            Tuple.of(1, Op.FAIL),
            Tuple.of(2, Op.WAKE_UP));
    return Combinators.combine(ops, Arbitraries.integers().between(0, 5))
        .as(Step::new)
        .list()
        .ofMaxSize(200);
  }

  private record Item(int number, int weight) {}

  /** A client of an inbox that pauses and resumes as the inbox asks. */
  private static final class Client {
    final AtomicReference<Inbox<Item, IOException>> inbox = new AtomicReference<>();
    boolean paused;
    int changes;

    void pauseChanged() {
      boolean now = inbox.get().isPaused();
      assertThat(now).isNotEqualTo(paused);
      paused = now;
      changes++;
    }
  }

  @Property
  void behavesLikeAQueue(
      @ForAll @IntRange(min = 1, max = 9) int maxItems,
      @ForAll @IntRange(min = 1, max = 20) int maxWeight,
      @ForAll("steps") List<Step> steps)
      throws Exception {
    Client client = new Client();
    Inbox<Item, IOException> inbox =
        new Inbox<>(maxItems, maxWeight, Item::weight, client::pauseChanged, new ManualRuntime());
    client.inbox.set(inbox);
    ArrayDeque<Item> queue = new ArrayDeque<>();
    IOException failure = null;
    int number = 0;

    for (Step step : steps) {
      switch (step.op) {
        case PUT -> {
          Item item = new Item(number++, step.weight);
          inbox.put(item);
          if (failure == null) {
            queue.add(item);
            if (isFull(queue, maxItems, maxWeight)) {
              assertThat(inbox.isPaused()).isTrue();
            }
          }
        }
        case POLL -> {
          Item expected = queue.poll();
          if (expected == null && failure != null) {
            assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> inbox.poll(Duration.ZERO))
                .isSameAs(failure);
          } else {
            assertThat(inbox.poll(Duration.ZERO)).isEqualTo(expected);
          }
          if (expected == null) {
            assertThat(inbox.isPaused()).isFalse();
          }
        }
        case FAIL -> {
          IOException cause = new IOException("failure " + number++);
          inbox.fail(cause);
          failure = failure == null ? cause : failure;
        }
        case WAKE_UP -> inbox.wakeUp();
      }
      assertThat(inbox.isPaused()).isEqualTo(client.paused);
    }
    for (Item expected : queue) {
      assertThat(inbox.poll(LONG)).isEqualTo(expected);
    }
  }

  private static boolean isFull(ArrayDeque<Item> queue, int maxItems, int maxWeight) {
    return queue.size() >= maxItems || queue.stream().mapToInt(Item::weight).sum() >= maxWeight;
  }

  private Inbox<Integer, IOException> inbox(int maxItems, Runnable pauseChanged) {
    return new Inbox<>(maxItems, Long.MAX_VALUE, item -> 1, pauseChanged, runtime);
  }

  @Test
  @DisplayName("pauses at the limit, accepts more items, and resumes when half are polled")
  void pauses() throws Exception {
    AtomicInteger changes = new AtomicInteger();
    Inbox<Integer, IOException> inbox = inbox(4, changes::incrementAndGet);
    for (int i = 0; i < 3; i++) {
      inbox.put(i);
    }
    assertThat(inbox.isPaused()).isFalse();
    inbox.put(3);
    assertThat(inbox.isPaused()).isTrue();
    inbox.put(4);
    assertThat(changes).hasValue(1);
    for (int i = 0; i < 2; i++) {
      assertThat(inbox.poll(Duration.ZERO)).isEqualTo(i);
      assertThat(inbox.isPaused()).isTrue();
    }
    assertThat(inbox.poll(Duration.ZERO)).isEqualTo(2);
    assertThat(inbox.isPaused()).isFalse();
    assertThat(changes).hasValue(2);
  }

  @Test
  @DisplayName("one item over the limit of weight pauses the inbox")
  void weight() throws Exception {
    Inbox<String, IOException> inbox = new Inbox<>(100, 8, String::length, () -> {}, runtime);
    inbox.put("123456789");
    assertThat(inbox.isPaused()).isTrue();
    assertThat(inbox.poll(Duration.ZERO)).isEqualTo("123456789");
    assertThat(inbox.isPaused()).isFalse();
  }

  @Test
  @DisplayName("poll throws the failure after the items before it, and then always")
  void failure() throws Exception {
    Inbox<Integer, IOException> inbox = inbox(4, () -> {});
    IOException first = new IOException("first");
    inbox.put(1);
    inbox.fail(first);
    inbox.fail(new IOException("second"));
    inbox.put(2);
    assertThat(inbox.poll(LONG)).isEqualTo(1);
    for (int i = 0; i < 2; i++) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> inbox.poll(LONG))
          .isSameAs(first);
    }
  }

  @Test
  @DisplayName("a wake-up ends exactly one wait: the current one or else the next one")
  void wakeUp() throws Exception {
    Inbox<Integer, IOException> inbox = inbox(4, () -> {});
    inbox.wakeUp();
    assertThat(inbox.poll(LONG)).isNull();
    try (Threads threads = new Threads()) {
      Future<Integer> polled = threads.call(() -> inbox.poll(LONG));
      inbox.wakeUp();
      assertThat(Threads.join(polled)).isNull();
    }
    assertThat(inbox.poll(Duration.ofMillis(1))).isNull();
    inbox.wakeUp();
    inbox.put(7);
    assertThat(inbox.poll(LONG)).isEqualTo(7);
  }

  @Test
  @DisplayName("an interrupt loses no item")
  void interrupt() throws Exception {
    Inbox<Integer, IOException> inbox = inbox(4, () -> {});
    Thread.currentThread().interrupt();
    assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> inbox.poll(LONG));
    inbox.put(1);
    Thread.currentThread().interrupt();
    assertThat(inbox.poll(LONG)).isEqualTo(1);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  @DisplayName("limits below 1 are refused, and the error names the value")
  void limits() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> inbox(0, () -> {}))
        .withMessageContaining("0 items");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Inbox<Integer, IOException>(1, -3, item -> 1, () -> {}, runtime))
        .withMessageContaining("weight -3");
  }

  @Test
  @DisplayName(
      "with two threads all items arrive once and in order, then the failure, and a paused client always resumes")
  void twoThreads() throws Exception {
    int count = 200_000;
    int limit = 64;
    AtomicBoolean mayRun = new AtomicBoolean(true);
    StreamRuntime.Signal resumed = runtime.newSignal();
    AtomicReference<Inbox<Integer, IOException>> self = new AtomicReference<>();
    Inbox<Integer, IOException> inbox =
        inbox(
            limit,
            () -> {
              mayRun.set(!self.get().isPaused());
              resumed.raise();
            });
    self.set(inbox);
    try (Threads threads = new Threads()) {
      threads.run(() -> {
        for (int i = 0; i < count; i++) {
          // Two calls of pauseChanged may cross, so the state of the inbox decides.
          assertThat(resumed.await(() -> mayRun.get() || !inbox.isPaused(), LONG)).isTrue();
          inbox.put(i);
        }
        inbox.fail(new IOException("over"));
      });
      Future<List<Integer>> polled =
          threads.call(() -> {
            List<Integer> all = new ArrayList<>();
            try {
              while (true) {
                Integer next = inbox.poll(LONG);
                if (next != null) {
                  all.add(next);
                }
              }
            } catch (IOException e) {
              assertThat(e).hasMessage("over");
            }
            return all;
          });
      List<Integer> all = Threads.join(polled);
      threads.join();
      assertThat(all).hasSize(count);
      for (int i = 0; i < count; i++) {
        assertThat(all.get(i).intValue()).isEqualTo(i);
      }
    }
  }

  @Test
  @DisplayName("with many putting threads no item is lost, and the items of each keep their order")
  void manyPutters() throws Exception {
    int putters = 4;
    int each = 20_000;
    Inbox<Integer, IOException> inbox = inbox(1_000_000, () -> {});
    CountDownLatch done = new CountDownLatch(putters);
    try (Threads threads = new Threads()) {
      for (int p = 0; p < putters; p++) {
        int putter = p;
        threads.run(() -> {
          for (int i = 0; i < each; i++) {
            inbox.put(i * putters + putter);
          }
          done.countDown();
        });
      }
      int[] next = new int[putters];
      for (int polled = 0; polled < putters * each; polled++) {
        Integer item = inbox.poll(LONG);
        assertThat(item).isNotNull();
        assertThat(item / putters).isEqualTo(next[item % putters]++);
      }
      assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(inbox.poll(Duration.ZERO)).isNull();
    }
  }

  @Test
  @DisplayName("putAll keeps the order of its items, pauses once, and drops them after a failure")
  void putAll() throws Exception {
    Client client = new Client();
    Inbox<Item, IOException> inbox =
        new Inbox<>(3, 100, Item::weight, client::pauseChanged, new ManualRuntime());
    client.inbox.set(inbox);
    inbox.put(new Item(1, 1));
    inbox.putAll(List.of());
    inbox.putAll(List.of(new Item(2, 1), new Item(3, 1), new Item(4, 1)));
    assertThat(client.paused).isTrue();
    assertThat(client.changes).isEqualTo(1);
    for (int number = 1; number <= 4; number++) {
      assertThat(inbox.poll(Duration.ZERO)).isEqualTo(new Item(number, 1));
    }
    assertThat(client.paused).isFalse();
    inbox.fail(new IOException("gone"));
    inbox.putAll(List.of(new Item(5, 1)));
    assertThatExceptionOfType(IOException.class).isThrownBy(() -> inbox.poll(Duration.ZERO));
  }
}
