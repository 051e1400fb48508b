package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.StreamListener;
import dev.perennial.TestCheckpoints;
import dev.perennial.TestPosition;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.port.ManualRuntime;
import dev.perennial.port.Received;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FullWindowReporterTest {

  private static final Duration DELAY = Duration.ofSeconds(10);

  private final ManualRuntime runtime = new ManualRuntime();
  private final List<Object> events = new ArrayList<>();
  private final AckWindow<String, TestPosition> window =
      new AckWindow<>(1, TestCheckpoints::encode, new ManualRuntime());
  private final FullWindowReporter reporter =
      new FullWindowReporter(
          window,
          runtime,
          new StreamObserver(
              "test",
              List.of(
                  new StreamListener() {
                    @Override
                    public void onWindowFull(WindowFull full) {
                      events.add(full);
                    }

                    @Override
                    public void onWindowFree(WindowFree free) {
                      events.add(free);
                    }
                  })));

  FullWindowReporterTest() {
    runtime.advance(Duration.ofMinutes(1));
    window.admit(new Received.Event<>("event", new TestPosition(7)), 0);
  }

  @Test
  @DisplayName("a window that stays full is reported once, and so is its end")
  void full() {
    assertThat(reporter.full()).isEqualTo(DELAY);
    runtime.advance(Duration.ofSeconds(9));
    assertThat(reporter.full()).isEqualTo(Duration.ofSeconds(1));
    assertThat(events).isEmpty();
    runtime.advance(Duration.ofSeconds(1));
    assertThat(reporter.full()).isEqualTo(DELAY);
    assertThat(reporter.full()).isEqualTo(DELAY);
    assertThat(events)
        .singleElement(InstanceOfAssertFactories.type(StreamListener.WindowFull.class))
        .satisfies(full -> {
          assertThat(full.unacked()).isEqualTo(1);
          assertThat(full.oldestUnacked()).contains(new TestPosition(7));
        });
    runtime.advance(Duration.ofSeconds(5));
    reporter.free();
    reporter.free();
    assertThat(events).hasSize(2);
    assertThat(events.get(1))
        .asInstanceOf(InstanceOfAssertFactories.type(StreamListener.WindowFree.class))
        .satisfies(free -> assertThat(free.full()).isEqualTo(Duration.ofSeconds(15)));
  }

  @Test
  @DisplayName("a window that is full for a short time is not reported, and the time starts over")
  void shortly() {
    reporter.full();
    runtime.advance(Duration.ofSeconds(9));
    reporter.free();
    assertThat(reporter.full()).isEqualTo(DELAY);
    runtime.advance(Duration.ofSeconds(9));
    assertThat(reporter.full()).isEqualTo(Duration.ofSeconds(1));
    assertThat(events).isEmpty();
  }
}
