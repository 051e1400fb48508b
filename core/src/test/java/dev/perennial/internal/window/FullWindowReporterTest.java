package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.StreamListener;
import dev.perennial.TestCheckpoints;
import dev.perennial.TestPosition;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.port.ManualRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FullWindowReporterTest {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ManualRuntime runtime = new ManualRuntime();
  private final List<Object> told = new ArrayList<>();
  private final AckWindow<String, TestPosition> window =
      new AckWindow<>(1, TestCheckpoints::encode, new ManualRuntime());
  private final FullWindowReporter watch =
      new FullWindowReporter(
          window,
          runtime,
          new StreamObserver(
              "test",
              List.of(
                  new StreamListener() {
                    @Override
                    public void onWindowFull(WindowFull full) {
                      told.add(full);
                    }

                    @Override
                    public void onWindowFree(WindowFree free) {
                      told.add(free);
                    }
                  })));

  FullWindowReporterTest() {
    runtime.advance(Duration.ofMinutes(1));
    window.admit("event", new TestPosition(7));
  }

  @Test
  @DisplayName("a window that stays full is told once, and that it is free again once")
  void full() {
    assertThat(watch.full()).isEqualTo(PATIENCE);
    runtime.advance(Duration.ofSeconds(9));
    assertThat(watch.full()).isEqualTo(Duration.ofSeconds(1));
    assertThat(told).isEmpty();
    runtime.advance(Duration.ofSeconds(1));
    assertThat(watch.full()).isEqualTo(PATIENCE);
    assertThat(watch.full()).isEqualTo(PATIENCE);
    assertThat(told)
        .singleElement(InstanceOfAssertFactories.type(StreamListener.WindowFull.class))
        .satisfies(full -> {
          assertThat(full.unacked()).isEqualTo(1);
          assertThat(full.oldestUnacked()).contains(new TestPosition(7));
        });
    runtime.advance(Duration.ofSeconds(5));
    watch.free();
    watch.free();
    assertThat(told).hasSize(2);
    assertThat(told.get(1))
        .asInstanceOf(InstanceOfAssertFactories.type(StreamListener.WindowFree.class))
        .satisfies(free -> assertThat(free.full()).isEqualTo(Duration.ofSeconds(15)));
  }

  @Test
  @DisplayName("one that is free again before that is not told of, and the time starts over")
  void shortly() {
    watch.full();
    runtime.advance(Duration.ofSeconds(9));
    watch.free();
    assertThat(watch.full()).isEqualTo(PATIENCE);
    runtime.advance(Duration.ofSeconds(9));
    assertThat(watch.full()).isEqualTo(Duration.ofSeconds(1));
    assertThat(told).isEmpty();
  }
}
