package dev.perennial.internal.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Threads;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.StreamRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SerialExecutorTest {

  private final List<Throwable> failed = new ArrayList<>();
  private final ManualRuntime runtime = new ManualRuntime();
  private final SerialExecutor executor = new SerialExecutor("store", runtime, failed::add);
  private final List<String> ran = new ArrayList<>();

  private SerialExecutor.Job job(String name) {
    return executor.job(() -> ran.add(name));
  }

  @Test
  @DisplayName("jobs run one at a time, and each runs after the last request of any thread")
  void oneAtATime() throws Exception {
    int each = 5_000;
    SerialExecutor real = new SerialExecutor("store", StreamRuntime.system(), failed::add);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger overlaps = new AtomicInteger();
    AtomicInteger strangers = new AtomicInteger();
    List<AtomicInteger> asked = new ArrayList<>();
    List<AtomicInteger> seen = new ArrayList<>();
    try (Threads threads = new Threads()) {
      for (int j = 0; j < 4; j++) {
        AtomicInteger asks = new AtomicInteger();
        AtomicInteger last = new AtomicInteger();
        asked.add(asks);
        seen.add(last);
        SerialExecutor.Job job =
            real.job(() -> {
              if (inside.incrementAndGet() > 1) {
                overlaps.incrementAndGet();
              }
              if (!real.isCurrentThread()) {
                strangers.incrementAndGet();
              }
              last.set(asks.get());
              inside.decrementAndGet();
            });
        threads.run(() -> {
          for (int i = 0; i < each; i++) {
            asks.incrementAndGet();
            job.ask();
          }
        });
      }
      threads.join();
      org.awaitility.Awaitility.await()
          .until(() -> seen.stream().allMatch(last -> last.get() == each));
    }
    assertThat(asked).allMatch(asks -> asks.get() == each);
    assertThat(overlaps).hasValue(0);
    assertThat(strangers).hasValue(0);
    assertThat(real.isCurrentThread()).isFalse();
    assertThat(failed).isEmpty();
  }

  @Test
  @DisplayName("a job that is requested several times before it runs, runs once")
  void coalesces() {
    SerialExecutor.Job save = job("save");
    save.ask();
    save.ask();
    assertThat(save.isWanted()).isTrue();
    assertThat(runtime.pendingTasks()).isEqualTo(1);
    runtime.runTasks();
    assertThat(save.isWanted()).isFalse();
    assertThat(ran).containsExactly("save");
  }

  @Test
  @DisplayName("waiting jobs run in the order in which they were created")
  void order() {
    SerialExecutor.Job save = job("save");
    SerialExecutor.Job release = job("release");
    release.ask();
    save.ask();
    runtime.runTasks();
    assertThat(ran).containsExactly("save", "release");
  }

  @Test
  @DisplayName("the error of a job is reported, and the other jobs run")
  void failingJob() {
    Error error = new OutOfMemoryError("a job of this test");
    SerialExecutor.Job failing =
        executor.job(() -> {
          throw error;
        });
    SerialExecutor.Job next = job("next");
    failing.ask();
    next.ask();
    runtime.runTasks();
    next.ask();
    runtime.runTasks();
    assertThat(ran).containsExactly("next", "next");
    assertThat(failed).containsExactly(error);
    assertThat(executor.isCurrentThread()).isFalse();
  }

  @Test
  @DisplayName("a job can request another job and itself")
  void nested() {
    SerialExecutor.Job[] outer = new SerialExecutor.Job[1];
    SerialExecutor.Job inner = job("inner");
    outer[0] =
        executor.job(() -> {
          if (ran.isEmpty()) {
            outer[0].ask();
            inner.ask();
          }
          ran.add("outer");
        });
    outer[0].ask();
    runtime.runTasks();
    assertThat(ran).containsExactly("outer", "inner", "outer");
  }

  @Test
  @DisplayName("a job that gets no thread is reported, and runs at the next request of any job")
  void noThread() {
    SerialExecutor.Job first = job("first");
    SerialExecutor.Job second = job("second");
    runtime.refuseThreads(1);
    first.ask();
    assertThat(failed).singleElement().isInstanceOf(Error.class);
    assertThat(first.isWanted()).isTrue();
    second.ask();
    runtime.runTasks();
    assertThat(ran).containsExactly("first", "second");
    assertThat(runtime.pendingTimers()).isZero();
  }

  @Test
  @DisplayName("an error in the error callback does not stop the executor")
  void failingCallback() {
    SerialExecutor failing =
        new SerialExecutor(
            "store",
            runtime,
            error -> {
              throw new OutOfMemoryError("thrown by this test");
            });
    SerialExecutor.Job job = failing.job(() -> ran.add("job"));
    runtime.refuseThreads(1);
    job.ask();
    job.ask();
    runtime.runTasks();
    assertThat(ran).containsExactly("job");
  }
}
