package dev.perennial;

import static java.util.Objects.requireNonNull;

import dev.perennial.internal.engine.Engine;
import dev.perennial.internal.stream.AdapterFault;
import dev.perennial.internal.stream.StreamOptions;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Source;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A builder of a stream. Every setting has a default. Not safe for use from several threads.
 *
 * @param <E> the type of the events
 */
public final class EventStreamBuilder<E> {

  private static final int DEFAULT_WINDOW = 1_024;
  private static final int MAX_WINDOW = 1 << 20;
  private static final int MAX_REDELIVERY_MEMORY = 1 << 28;
  private static final int DEFAULT_REDELIVERY_MEMORY = 65_536;
  private static final Duration DEFAULT_STABLE_AFTER = Duration.ofSeconds(30);

  /** Longer than a rolling deployment or the failover of a load balancer takes. */
  private static final Duration DEFAULT_TOLERATE_REFUSALS = Duration.ofMinutes(5);

  private final Source<E, ?> source;
  private final Optional<String> streamId;
  private final BiFunction<StreamOptions, List<StreamListener>, Engine<E, ?>> assembly;
  private final List<StreamListener> listeners = new ArrayList<>();

  private @Nullable String name;
  private int window = DEFAULT_WINDOW;
  private AckMode acks = AckMode.EXPLICIT;
  private @Nullable BackoffPolicy backoff;
  private OptionalInt maxAttempts = OptionalInt.empty();
  private Duration stableAfter = DEFAULT_STABLE_AFTER;
  private Duration tolerateRefusals = DEFAULT_TOLERATE_REFUSALS;
  private @Nullable Duration connectTimeout;
  private OptionalInt redeliveryMemory = OptionalInt.empty();
  private ErrorClassifier errors = ErrorClassifier.none();
  private StreamRuntime runtime = StreamRuntime.system();
  private boolean opened;

  EventStreamBuilder(
      Source<E, ?> source,
      Optional<String> streamId,
      BiFunction<StreamOptions, List<StreamListener>, Engine<E, ?>> assembly) {
    this.source = source;
    this.streamId = streamId;
    this.assembly = assembly;
  }

  /**
   * Sets how many deliveries may be handed out or waiting and not acked yet, from 1 to 1,048,576.
   * The default is 1,024.
   */
  public EventStreamBuilder<E> window(int deliveries) {
    if (deliveries < 1 || deliveries > MAX_WINDOW) {
      throw new IllegalArgumentException(
          "window() takes 1 to " + MAX_WINDOW + " deliveries, but got " + deliveries + ".");
    }
    this.window = deliveries;
    return this;
  }

  /** Sets when an event counts as done. The default is {@link AckMode#EXPLICIT}. */
  public EventStreamBuilder<E> acks(AckMode mode) {
    this.acks = requireNonNull(mode, "acks() needs a mode.");
    return this;
  }

  /** Sets the time between connection attempts. The default is that of the source. */
  public EventStreamBuilder<E> backoff(BackoffPolicy policy) {
    this.backoff = requireNonNull(policy, "backoff() needs a policy.");
    return this;
  }

  /**
   * Sets after how many failed connection attempts in a row the stream fails, at least 1. A
   * connection that is lost before it proves itself counts as failed. The default is unlimited.
   */
  public EventStreamBuilder<E> maxAttempts(int attempts) {
    if (attempts < 1) {
      throw new IllegalArgumentException(
          "maxAttempts() needs at least 1, but got " + attempts + ".");
    }
    this.maxAttempts = OptionalInt.of(attempts);
    return this;
  }

  /**
   * Sets how long a connection without an event must live to prove itself, so that attempts are
   * counted from the beginning again. The default is 30 s; zero trusts every connection.
   */
  public EventStreamBuilder<E> stableAfter(Duration age) {
    if (age.isNegative()) {
      throw new IllegalArgumentException(
          "stableAfter() needs a time that is not negative, but got "
              + LogText.duration(age)
              + ".");
    }
    this.stableAfter = age;
    return this;
  }

  /**
   * Sets how long a server may refuse before the stream fails. The default is 5 min; zero fails at
   * the first refusal. The time begins with the first of an unbroken run of {@linkplain
   * dev.perennial.port.Verdict#refused() refusals} and {@linkplain
   * dev.perennial.port.Verdict#unknown() unknown errors}, and the stream fails at the first of them
   * after that time. A connection that proves itself ends the run, and so does every other error,
   * for example a network failure or an overloaded server. Meanwhile the stream retries with
   * backoff, and refusals count for {@link #maxAttempts(int)}. Time in which no thread pulls events
   * does not count. If the stream has never been connected, it fails at the first refusal.
   */
  public EventStreamBuilder<E> tolerateRefusals(Duration time) {
    if (time.isNegative()) {
      throw new IllegalArgumentException(
          "tolerateRefusals() needs a time that is not negative, but got "
              + LogText.duration(time)
              + ".");
    }
    this.tolerateRefusals = time;
    return this;
  }

  /**
   * Sets how long the source may take for each call of start, connect or recover, over zero. The
   * default is no limit but the source's own timeouts. When the time is over, the stream interrupts
   * the call, counts it as a failed connection attempt and retries.
   *
   * <p>This bounds how late a call with a timeout returns: {@link EventStream#next(Duration)}
   * returns when its time is over, except for the one call of the source that it is in then.
   */
  public EventStreamBuilder<E> connectTimeout(Duration timeout) {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException(
          "connectTimeout() needs a time over zero, but got " + LogText.duration(timeout) + ".");
    }
    this.connectTimeout = timeout;
    return this;
  }

  /**
   * Sets how many acked positions the stream remembers, so that it does not hand out a copy that
   * the server sends late; at least the window, at most 268,435,456. The default is 65,536, or the
   * window if that is larger. For server-tracked sources only: {@link #open()} refuses it for
   * others.
   */
  public EventStreamBuilder<E> redeliveryMemory(int positions) {
    if (positions < 1 || positions > MAX_REDELIVERY_MEMORY) {
      throw new IllegalArgumentException(
          "redeliveryMemory() takes 1 to "
              + MAX_REDELIVERY_MEMORY
              + " positions, but got "
              + positions
              + ".");
    }
    this.redeliveryMemory = OptionalInt.of(positions);
    return this;
  }

  /** Sets a classifier that classifies errors before the source's own classifier does. */
  public EventStreamBuilder<E> errors(ErrorClassifier classifier) {
    this.errors = requireNonNull(classifier, "errors() needs a classifier.");
    return this;
  }

  /**
   * Sets the name of the stream, which log lines, thread names, exceptions, {@link
   * StreamStats#name()} and {@code toString} show. The default is the stream id of its checkpoint,
   * or the name of its source if it keeps none.
   */
  public EventStreamBuilder<E> name(String name) {
    if (name.isBlank()) {
      throw new IllegalArgumentException("name() needs a name that is not blank.");
    }
    this.name = name;
    return this;
  }

  /** Adds a listener. All registered listeners are called. */
  public EventStreamBuilder<E> listener(StreamListener listener) {
    this.listeners.add(requireNonNull(listener, "listener() needs a listener."));
    return this;
  }

  /** Sets the source of time, timers and threads, for tests. The default is the system. */
  public EventStreamBuilder<E> runtime(StreamRuntime runtime) {
    this.runtime = requireNonNull(runtime, "runtime() needs a runtime.");
    return this;
  }

  /**
   * Opens the stream. Does no I/O: the first {@link EventStream#next()} does.
   *
   * @throws IllegalArgumentException if settings contradict each other
   * @throws IllegalStateException if this builder has opened its stream before, if the source
   *     belongs to another stream, or if the source breaks its contract
   */
  public EventStream<E> open() {
    if (opened) {
      throw new IllegalStateException(
          "This builder has opened its stream before. A source belongs to one stream: call EventStream.from() with"
              + " another source.");
    }
    if (streamId.isPresent() && acks == AckMode.NEVER) {
      throw new IllegalArgumentException(
          "AckMode.NEVER keeps no checkpoint. Use it with Checkpoints.none().");
    }
    if (redeliveryMemory.isPresent() && source instanceof ClientTrackedSource) {
      throw new IllegalArgumentException(
          "redeliveryMemory() is for sources whose server tracks acks, which "
              + source.name()
              + " does not. Leave it out.");
    }
    int memory = redeliveryMemory.orElse(Math.max(DEFAULT_REDELIVERY_MEMORY, window));
    if (memory < window) {
      throw new IllegalArgumentException(
          "redeliveryMemory() needs at least the window of "
              + window
              + " positions, but got "
              + memory
              + ".");
    }
    String sourceName = nameOfSource();
    String streamName = name == null ? streamId.orElse(sourceName) : name;
    StreamOptions options =
        new StreamOptions(
            streamName,
            sourceName,
            window,
            acks,
            backoff == null ? AdapterFault.call(source, "backoff", source::backoff) : backoff,
            maxAttempts,
            stableAfter,
            tolerateRefusals,
            EventStream.DEFAULT_CLOSE_TIMEOUT,
            Optional.ofNullable(connectTimeout),
            memory,
            List.of(errors, AdapterFault.call(source, "errors", source::errors)),
            runtime);
    EventStream<E> stream = new EventStream<>(streamName, assembly.apply(options, listeners));
    AdapterFault.call(source, "binding", source::binding).bind(streamName);
    opened = true;
    return stream;
  }

  private String nameOfSource() {
    String name = AdapterFault.call(source, "name", source::name);
    if (name.isBlank()) {
      throw AdapterFault.returned("a blank name", source, "name");
    }
    return name;
  }
}
