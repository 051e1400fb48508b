package dev.perennial.examples;

import dev.perennial.EventStream;
import dev.perennial.StreamListener;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Transport;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapSource;
import java.time.Duration;

/** A Tap stream with options. */
final class TunedTap {

  private TunedTap() {}

  // tag::options
  static EventStream<TapEvent> open(String tap, String password, Transport transport) {
    return EventStream.from(TapSource.builder(transport).uri(tap).password(password).build())
        .window(4_096)
        .backoff(BackoffPolicy.exponential(Duration.ofMillis(200), Duration.ofSeconds(10)))
        .maxAttempts(20)
        .listener(
            new StreamListener() {
              @Override
              public void onTransition(Transition transition) {
                System.err.println(transition.from() + " -> " + transition.to());
              }
            })
        .open();
  }
  // end::options
}
