package dev.perennial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.perennial.port.ManualRuntime;
import dev.perennial.port.StreamRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StoreLaneTest {

  @Test
  @DisplayName("tasks run one at a time and in order, however many threads hand them in")
  void oneAtATime() throws Exception {
    int submitters = 4;
    int each = 5_000;
    StoreLane lane = new StoreLane(StreamRuntime.system());
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
    StoreLane lane = new StoreLane(runtime);
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
    StoreLane lane = new StoreLane(runtime);
    List<String> ran = new ArrayList<>();
    lane.submit(() -> {
      lane.submit(() -> ran.add("inner"));
      ran.add("outer");
    });
    runtime.runTasks();
    assertThat(ran).containsExactly("outer", "inner");
  }
}
