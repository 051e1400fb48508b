package dev.perennial.internal.stream;

import dev.perennial.AckMode;
import dev.perennial.StreamListener;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Factory of contexts of a stream named "test" with default options. */
public final class TestContext {

  private TestContext() {}

  public static StreamContext of(StreamRuntime runtime, StreamListener... listeners) {
    return StreamContext.of(options(runtime), List.of(listeners));
  }

  /** Makes a context that reports to this observer, which may be a mock. */
  public static StreamContext of(StreamOptions options, StreamObserver observer) {
    StreamSignal signal = new StreamSignal(options.runtime().newSignal());
    return new StreamContext(
        options, observer, signal, new Lifecycle(signal, observer, options.runtime()));
  }

  public static StreamOptions options(StreamRuntime runtime) {
    return new StreamOptions(
        "test",
        "test",
        1_024,
        AckMode.EXPLICIT,
        BackoffPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(30)),
        OptionalInt.empty(),
        Duration.ofSeconds(30),
        Duration.ofMinutes(5),
        Duration.ofSeconds(5),
        Optional.empty(),
        65_536,
        List.of(),
        runtime);
  }
}
