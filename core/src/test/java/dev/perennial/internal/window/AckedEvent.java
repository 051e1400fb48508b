package dev.perennial.internal.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.TestPosition;
import dev.perennial.port.Received;
import java.lang.ref.WeakReference;
import java.time.Duration;
import org.awaitility.Awaitility;

/** A reference to an acked event at position 1, to test that a window does not keep the event. */
record AckedEvent(WeakReference<Object> reference) {

  static AckedEvent in(Window<Object, TestPosition> window) {
    Object event = new byte[1_000];
    assertThat(window.admit(new Received.Event<>(event, new TestPosition(1)), 0).ack()).isTrue();
    return new AckedEvent(new WeakReference<>(event));
  }

  /** Waits until the event has been garbage collected. */
  void awaitCollected() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          System.gc();
          return reference.get() == null;
        });
  }
}
