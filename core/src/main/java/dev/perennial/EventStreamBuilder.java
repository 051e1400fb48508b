package dev.perennial;

import static java.util.Objects.requireNonNull;

import dev.perennial.internal.engine.Engine;
import dev.perennial.internal.stream.AdapterFault;
import dev.perennial.internal.stream.StreamOptions;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.LogText;
import dev.perennial.port.Source;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Describes a stream. Every setting has a default. Not safe for use from several threads.
 *
 * @param <E> the type of the events
 */
public final class EventStreamBuilder<E> {

  private static final int DEFAULT_WINDOW = 1_024;
  private static final int MAX_WINDOW = 1 << 20;
  private static final int DEFAULT_REDELIVERY_MEMORY = 65_536;
  private static final Duration DEFAULT_STABLE_AFTER = Duration.ofSeconds(30);

  /** Longer than a rolling deployment or a balancer's failover takes. */
  private static final Duration DEFAULT_TOLERATE_REFUSALS = Duration.ofMinutes(5);

  private final Source<E, ?> source;
  private final Optional<String> streamId;
  private final BiFunction<StreamOptions, List<StreamListener>, Engine<E, ?>> assembly;
  private final List<StreamListener> listeners = new ArrayList<>();

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
   * How many deliveries may be handed out or waiting, not yet acked: 1,024 unless set, from 1 to
   * 1,048,576.
   */
  public EventStreamBuilder<E> window(int deliveries) {
    if (deliveries < 1 || deliveries > MAX_WINDOW) {
      throw new IllegalArgumentException(
          "window() takes 1 to " + MAX_WINDOW + " deliveries, but got " + deliveries);
    }
    this.window = deliveries;
    return this;
  }

  /** When an event counts as done: {@link AckMode#EXPLICIT} unless set. */
  public EventStreamBuilder<E> acks(AckMode mode) {
    this.acks = requireNonNull(mode, "acks() needs a mode");
    return this;
  }

  /** How long to wait between attempts to connect: as the source says unless set. */
  public EventStreamBuilder<E> backoff(BackoffPolicy policy) {
    this.backoff = requireNonNull(policy, "backoff() needs a policy");
    return this;
  }

  /**
   * How many attempts to connect may fail in a row before the stream dies: unlimited unless set, at
   * least 1.
   */
  public EventStreamBuilder<E> maxAttempts(int attempts) {
    if (attempts < 1) {
      throw new IllegalArgumentException("maxAttempts() needs at least 1, but got " + attempts);
    }
    this.maxAttempts = OptionalInt.of(attempts);
    return this;
  }

  /**
   * How long a connection without an event must live to prove itself, so that attempts count from
   * the beginning again: 30 s unless set; zero trusts every connection.
   */
  public EventStreamBuilder<E> stableAfter(Duration age) {
    if (age.isNegative()) {
      throw new IllegalArgumentException(
          "stableAfter() needs a time that is not negative, but got " + LogText.duration(age));
    }
    this.stableAfter = age;
    return this;
  }

  /**
   * How long a server may refuse before the stream takes it at its word and fails: 5 min unless
   * set; zero fails at the first refusal. Counts from the first of an unbroken run of {@linkplain
   * dev.perennial.port.Verdict#refused() refusals} and {@linkplain
   * dev.perennial.port.Verdict#unknown() unknown errors}, and the stream fails at the first of them
   * that comes when the time is over. A connection that proves itself, and every other error, for
   * example a network failure or an overloaded server, ends the run. Refusals are retried with
   * backoff meanwhile and count for {@link #maxAttempts(int)}. Time in which nobody asks the stream
   * for events does not count. A refusal ends a stream that has never been connected at once.
   */
  public EventStreamBuilder<E> tolerateRefusals(Duration time) {
    if (time.isNegative()) {
      throw new IllegalArgumentException(
          "tolerateRefusals() needs a time that is not negative, but got "
              + LogText.duration(time));
    }
    this.tolerateRefusals = time;
    return this;
  }

  /**
   * How long the source may take each time to find out where to begin or go on, and to connect: as
   * long as its own timeouts allow unless set, over zero. When the time is over, the source is
   * interrupted; this counts as a failed attempt to connect and is retried.
   *
   * <p>It bounds by how much a call with a timeout may be late: {@link EventStream#next(Duration)}
   * returns when its time is over, except for the one call of the source that it is in then.
   */
  public EventStreamBuilder<E> connectTimeout(Duration timeout) {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException(
          "connectTimeout() needs a time over zero, but got " + LogText.duration(timeout));
    }
    this.connectTimeout = timeout;
    return this;
  }

  /**
   * How many acked positions to remember, so that a copy which the server sends late is not handed
   * out: 65,536 or the window, whichever is larger, unless set; at least the window. For
   * server-tracked sources only: any other is refused by {@link #open()}.
   */
  public EventStreamBuilder<E> redeliveryMemory(int positions) {
    if (positions < 1) {
      throw new IllegalArgumentException(
          "redeliveryMemory() needs at least 1 position, but got " + positions);
    }
    this.redeliveryMemory = OptionalInt.of(positions);
    return this;
  }

  /** Is asked what an error means before the source's own classifier is. */
  public EventStreamBuilder<E> errors(ErrorClassifier classifier) {
    this.errors = requireNonNull(classifier, "errors() needs a classifier");
    return this;
  }

  /** Observes the stream. Of several, each is told. */
  public EventStreamBuilder<E> listener(StreamListener listener) {
    this.listeners.add(requireNonNull(listener, "listener() needs a listener"));
    return this;
  }

  /** Time, timers and threads: the system's unless set. For tests. */
  public EventStreamBuilder<E> runtime(StreamRuntime runtime) {
    this.runtime = requireNonNull(runtime, "runtime() needs a runtime");
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
          "this builder has opened its stream; a source belongs to one stream, so begin the next with a source of"
              + " its own");
    }
    if (streamId.isPresent() && acks == AckMode.NEVER) {
      throw new IllegalArgumentException(
          "a stream that acks nothing has no checkpoint to keep; use Checkpoints.none() with AckMode.NEVER");
    }
    if (redeliveryMemory.isPresent() && source instanceof ClientTrackedSource) {
      throw new IllegalArgumentException(
          "redeliveryMemory() is for sources whose server sends again what was not acked; "
              + source.name()
              + " is none of them");
    }
    int memory = redeliveryMemory.orElse(Math.max(DEFAULT_REDELIVERY_MEMORY, window));
    if (memory < window) {
      throw new IllegalArgumentException(
          "redeliveryMemory must be at least the window of " + window + ", but is " + memory);
    }
    String sourceName = nameOfSource();
    String name = streamId.orElse(sourceName);
    StreamOptions options =
        new StreamOptions(
            name,
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
    EventStream<E> stream = new EventStream<>(name, assembly.apply(options, listeners));
    AdapterFault.call(source, "binding", source::binding).bind(name);
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
