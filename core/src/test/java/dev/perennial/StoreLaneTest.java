package dev.perennial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.perennial.port.ManualRuntime;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StoreLaneTest {

  private final List<Throwable> stuck = new ArrayList<>();

  private StoreLane lane(StreamRuntime runtime) {
    return new StoreLane(runtime, new Observer("test", List.of()), stuck::add);
  }

  @Test
  @DisplayName("tasks run one at a time and in order, however many threads hand them in")
  void oneAtATime() throws Exception {
    int submitters = 4;
    int each = 5_000;
    StoreLane lane = lane(StreamRuntime.system());
    CountDownLatch done = new CountDownLatch(submitters * each);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger overlaps = new AtomicInteger();
    AtomicInteger strangers = new AtomicInteger();
    int[] next = new int[submitters];
    AtomicInteger outOfOrder = new AtomicInteger();
    try (Threads threads = new Threads()) {
      for (int s = 0; s < submitters; s++) {
        int submitter = s;
        threads.run(() -> {
          for (int i = 0; i < each; i++) {
            int number = i;
            lane.submit(() -> {
              if (inside.incrementAndGet() > 1) {
                overlaps.incrementAndGet();
              }
              if (!lane.isCurrentThread()) {
                strangers.incrementAndGet();
              }
              if (next[submitter]++ != number) {
                outOfOrder.incrementAndGet();
              }
              inside.decrementAndGet();
              done.countDown();
            });
          }
        });
      }
      threads.join();
      assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(overlaps).hasValue(0);
    assertThat(outOfOrder).hasValue(0);
    assertThat(strangers).hasValue(0);
    assertThat(lane.isCurrentThread()).isFalse();
  }

  @Test
  @DisplayName("a task that throws holds up none of those behind it")
  void failingTask() {
    ManualRuntime runtime = new ManualRuntime();
    StoreLane lane = lane(runtime);
    List<String> ran = new ArrayList<>();
    lane.submit(() -> {
      throw new IllegalStateException("a task of this test");
    });
    lane.submit(() -> ran.add("behind it"));
    assertThatIllegalStateException().isThrownBy(runtime::runTasks);
    runtime.runTasks();
    lane.submit(() -> ran.add("later"));
    runtime.runTasks();
    assertThat(ran).containsExactly("behind it", "later");
    assertThat(lane.isCurrentThread()).isFalse();
  }

  @Test
  @DisplayName("a task may hand in another, which runs after it")
  void nested() {
    ManualRuntime runtime = new ManualRuntime();
    StoreLane lane = lane(runtime);
    List<String> ran = new ArrayList<>();
    lane.submit(() -> {
      lane.submit(() -> ran.add("inner"));
      ran.add("outer");
    });
    runtime.runTasks();
    assertThat(ran).containsExactly("outer", "inner");
  }

  @Test
  @DisplayName("what no thread could be had for runs when one can, in order")
  void noThread() {
    ManualRuntime runtime = new ManualRuntime();
    StoreLane lane = lane(runtime);
    List<String> ran = new ArrayList<>();
    runtime.refuseThreads(3);
    lane.submit(() -> ran.add("first"));
    lane.submit(() -> ran.add("second"));
    assertThat(runtime.pendingTimers()).isEqualTo(1);
    runtime.advance(Duration.ofSeconds(1));
    assertThat(ran).isEmpty();
    runtime.advance(Duration.ofSeconds(1));
    assertThat(ran).containsExactly("first", "second");
    assertThat(stuck).isEmpty();
    assertThat(runtime.pendingTimers()).isZero();
  }

  @Test
  @DisplayName("what waits behind a task that threw runs, although no thread could be had at first")
  void noThreadBehindFailure() {
    ManualRuntime runtime = new ManualRuntime();
    StoreLane lane = lane(runtime);
    List<String> ran = new ArrayList<>();
    lane.submit(() -> {
      lane.submit(() -> ran.add("behind it"));
      runtime.refuseThreads(1);
      throw new IllegalStateException("a task of this test");
    });
    assertThatIllegalStateException().isThrownBy(runtime::runTasks);
    runtime.advance(Duration.ofSeconds(1));
    assertThat(ran).containsExactly("behind it");
  }

  @Test
  @DisplayName(
      "it says when neither a thread nor a timer can be had; the next task runs the others")
  void stuck() {
    ManualRuntime runtime = new ManualRuntime();
    StoreLane lane = lane(runtime);
    List<String> ran = new ArrayList<>();
    runtime.refuseThreads(1);
    runtime.refuseTimers(1);
    lane.submit(() -> ran.add("first"));
    assertThat(stuck).singleElement().isInstanceOf(Error.class);
    lane.submit(() -> ran.add("second"));
    runtime.runTasks();
    assertThat(ran).containsExactly("first", "second");
  }
}
