package dev.perennial.internal.stream;

import dev.perennial.StreamListener;
import dev.perennial.StreamListener.Transition;
import dev.perennial.port.Malformed;
import dev.perennial.port.Position;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports what happens to one stream to the log and the listeners, and counts it. It logs as {@code
 * dev.perennial.EventStream}.
 */
public final class StreamObserver {

  private static final Logger LOG = LoggerFactory.getLogger("dev.perennial.EventStream");

  /** How many of the oldest events a line names if the window is full. */
  private static final int LOGGED_UNACKED = 3;

  private record CheckpointSaved(Position position, Duration took)
      implements StreamListener.CheckpointSaved {}

  private record CheckpointSaveFailed(
      Position position, Throwable cause, Optional<Duration> retryIn)
      implements StreamListener.CheckpointSaveFailed {}

  private record StartOverridden(Position checkpoint, String configuredStart)
      implements StreamListener.StartOverridden {}

  private record RedeliveryDropped(Position position, boolean isAcked)
      implements StreamListener.RedeliveryDropped {}

  private record MalformedReceived(Position position, Malformed malformed)
      implements StreamListener.MalformedReceived {}

  private record HandlerFailed(
      Position position, int attempt, int events, Throwable error, Optional<Duration> retryIn)
      implements StreamListener.HandlerFailed {}

  private record Skipped(Position position, int attempts, Throwable error)
      implements StreamListener.Skipped {}

  private record DeadLettered(Position position, int attempts, Throwable error)
      implements StreamListener.DeadLettered {}

  private record DeadLetterFailed(Position position, Throwable error, Duration retryIn)
      implements StreamListener.DeadLetterFailed {}

  private record HandlerSlow(Position position, Optional<Object> key, int attempt, Duration running)
      implements StreamListener.HandlerSlow {}

  private record WindowFree(Duration full) implements StreamListener.WindowFree {}

  private record LateAck(Position position) implements StreamListener.LateAck {}

  private record AcksUnsent(int count) implements StreamListener.AcksUnsent {}

  private final String stream;
  private final List<StreamListener> listeners;
  private final ThreadLocal<Boolean> insideListener = ThreadLocal.withInitial(() -> false);
  private final AtomicLong reconnects = new AtomicLong();
  private final AtomicLong redeliveriesDropped = new AtomicLong();
  private final AtomicLong malformed = new AtomicLong();
  private final AtomicLong handlerFailures = new AtomicLong();
  private final AtomicLong skipped = new AtomicLong();
  private final AtomicLong deadLettered = new AtomicLong();

  public StreamObserver(String stream, List<StreamListener> listeners) {
    this.stream = stream;
    this.listeners = List.copyOf(listeners);
  }

  /** Returns the name of the stream. */
  public String stream() {
    return stream;
  }

  public boolean hasListeners() {
    return !listeners.isEmpty();
  }

  /**
   * Returns whether the caller is inside a listener of this stream, which must not wait for itself.
   */
  public boolean isInsideListener() {
    return insideListener.get();
  }

  public long reconnects() {
    return reconnects.get();
  }

  public long redeliveriesDropped() {
    return redeliveriesDropped.get();
  }

  public long malformed() {
    return malformed.get();
  }

  public long handlerFailures() {
    return handlerFailures.get();
  }

  public long skipped() {
    return skipped.get();
  }

  public long deadLettered() {
    return deadLettered.get();
  }

  public void transition(Transition transition) {
    switch (transition.to()) {
      case CONNECTING -> LOG.debug("{}: connecting", stream);
      case LIVE -> LOG.info("{}: connected", stream);
      case BACKING_OFF -> backingOff(transition);
      default -> LOG.debug("{}: {}", stream, transition.to());
    }
    notifyListeners(listener -> listener.onTransition(transition));
  }

  private void backingOff(Transition transition) {
    warn(
        transition
                .connectionAge()
                .map(age -> "connection lost after " + LogText.duration(age))
                .orElse("cannot connect")
            + transition.cause().map(cause -> ": " + LogText.reason(cause)).orElse("")
            + ". Next attempt in "
            + LogText.duration(transition.delay().orElse(Duration.ZERO))
            + ", "
            + transition.attempt()
            + " failed in a row",
        transition.cause().orElse(null));
  }

  /**
   * Logs a failure that is retried or does no harm: one line, and the stack trace at debug level.
   */
  private void warn(String line, @Nullable Throwable cause) {
    LOG.warn("{}: {}", stream, line);
    if (cause != null) {
      LOG.debug("{}: the error was", stream, cause);
    }
  }

  /** Reports that the server asked for a longer wait than the stream accepts. */
  public void waitCapped(Duration asked, Duration most) {
    LOG.warn(
        "{}: the server asks to wait for {}, which is too long: the stream waits for {}",
        stream,
        LogText.duration(asked),
        LogText.duration(most));
  }

  public void failed(StreamFailure failure) {
    LOG.error("{}: {}", stream, failure.message(), failure.cause());
  }

  public void reconnected() {
    reconnects.incrementAndGet();
  }

  public void standby(String streamId) {
    LOG.info("{}: checkpoint '{}' is claimed by another stream; waiting for it", stream, streamId);
  }

  public void checkpointUnavailable(String streamId, Throwable cause) {
    warn(
        "cannot claim or load checkpoint \""
            + streamId
            + "\": "
            + LogText.reason(cause)
            + ". The stream tries again",
        cause);
  }

  public void checkpointSaved(Position position, Duration took) {
    LOG.trace("{}: checkpoint saved at {}", stream, position);
    CheckpointSaved saved = new CheckpointSaved(position, took);
    notifyListeners(listener -> listener.onCheckpointSaved(saved));
  }

  /**
   * Reports a failed save.
   *
   * @param retryIn how long until the next attempt; empty if none follows
   */
  public void checkpointSaveFailed(Position position, Throwable cause, Optional<Duration> retryIn) {
    warn(
        "cannot save the checkpoint at "
            + position
            + ": "
            + LogText.reason(cause)
            + retryIn
                .map(wait -> ". Next attempt in " + LogText.duration(wait))
                .orElse(". There is no further attempt; the events come again with the next run"),
        cause);
    CheckpointSaveFailed failed = new CheckpointSaveFailed(position, cause, retryIn);
    notifyListeners(listener -> listener.onCheckpointSaveFailed(failed));
  }

  public void startOverridden(Position checkpoint, String configuredStart) {
    LOG.info(
        "{}: resuming from checkpoint {} instead of the configured start {}",
        stream,
        checkpoint,
        configuredStart);
    StartOverridden overridden = new StartOverridden(checkpoint, configuredStart);
    notifyListeners(listener -> listener.onStartOverridden(overridden));
  }

  /** Reports an event that came again and was dropped, because it is in the window or was acked. */
  public void redeliveryDropped(Position position, boolean acked) {
    redeliveriesDropped.incrementAndGet();
    if (hasListeners()) {
      RedeliveryDropped dropped = new RedeliveryDropped(position, acked);
      notifyListeners(listener -> listener.onRedeliveryDropped(dropped));
    }
  }

  public void malformed(Position position, Malformed message) {
    malformed.incrementAndGet();
    warn(
        "a message of "
            + message.size()
            + " bytes at "
            + position
            + " could not be decoded: "
            + LogText.reason(message.cause())
            + ". It is delivered as malformed",
        message.cause());
    MalformedReceived received = new MalformedReceived(position, message);
    notifyListeners(listener -> listener.onMalformed(received));
  }

  public void windowFull(StreamListener.WindowFull full) {
    LOG.warn(
        "{}: the window is full: waiting for acks of {} deliveries, {} of them nacked, the oldest {}",
        stream,
        full.unacked(),
        full.nacked(),
        full.oldest().stream()
            .limit(LOGGED_UNACKED)
            .map(StreamObserver::describe)
            .collect(Collectors.joining("; ")));
    notifyListeners(listener -> listener.onWindowFull(full));
  }

  private static String describe(StreamListener.UnackedEvent event) {
    return "at "
        + event.position()
        + event.key().map(key -> " with key \"" + LogText.brief(key.toString()) + "\"").orElse("")
        + ", received "
        + LogText.duration(event.age())
        + " ago, attempt "
        + event.attempt()
        + event.lastError().map(error -> " after: " + LogText.reason(error)).orElse("");
  }

  /**
   * Reports a failed attempt of a handler.
   *
   * @param events how many events the handler had
   * @param retryIn how long until the next attempt; null if there is none
   * @param otherwise what follows instead, for the log; null if another line says it
   */
  public void handlerFailed(
      Position position,
      int attempt,
      int events,
      Throwable error,
      @Nullable Duration retryIn,
      @Nullable String otherwise) {
    handlerFailures.incrementAndGet();
    String next = retryIn == null ? otherwise : "Next attempt in " + LogText.duration(retryIn);
    if (next != null) {
      warn(
          "the handler failed at "
              + position
              + (events == 1 ? "" : " and " + (events - 1) + " more events")
              + " (attempt "
              + attempt
              + "): "
              + LogText.reason(error)
              + ". "
              + next,
          error);
    }
    HandlerFailed failed =
        new HandlerFailed(position, attempt, events, error, Optional.ofNullable(retryIn));
    notifyListeners(listener -> listener.onHandlerFailed(failed));
  }

  public void skipped(Position position, int attempts, Throwable error) {
    skipped.incrementAndGet();
    warn(gaveUp("skipped", position, attempts, error), error);
    Skipped event = new Skipped(position, attempts, error);
    notifyListeners(listener -> listener.onSkipped(event));
  }

  private static String gaveUp(String became, Position position, int attempts, Throwable error) {
    return "the event at "
        + position
        + " is "
        + became
        + " after attempt "
        + attempts
        + ": "
        + LogText.reason(error);
  }

  public void deadLettered(Position position, int attempts, Throwable error) {
    deadLettered.incrementAndGet();
    warn(gaveUp("a dead letter", position, attempts, error), error);
    DeadLettered event = new DeadLettered(position, attempts, error);
    notifyListeners(listener -> listener.onDeadLettered(event));
  }

  public void deadLetterFailed(Position position, Throwable error, Duration retryIn) {
    warn(
        "the dead letter sink did not accept the event at "
            + position
            + ": "
            + LogText.reason(error)
            + ". Next attempt in "
            + LogText.duration(retryIn),
        error);
    DeadLetterFailed failed = new DeadLetterFailed(position, error, retryIn);
    notifyListeners(listener -> listener.onDeadLetterFailed(failed));
  }

  /** Reports a handler that has run for long. */
  public void handlerSlow(Position position, @Nullable Object key, int attempt, Duration running) {
    LOG.warn(
        "{}: the handler of the event at {}{} (attempt {}) has run for {}",
        stream,
        position,
        key == null ? "" : " with key \"" + LogText.brief(key.toString()) + "\"",
        attempt,
        LogText.duration(running));
    HandlerSlow slow = new HandlerSlow(position, Optional.ofNullable(key), attempt, running);
    notifyListeners(listener -> listener.onHandlerSlow(slow));
  }

  /** Reports that the window has room again after {@link #windowFull}. */
  public void windowFree(Duration full) {
    LOG.info("{}: the window has room again after {}", stream, LogText.duration(full));
    WindowFree free = new WindowFree(full);
    notifyListeners(listener -> listener.onWindowFree(free));
  }

  public void lateAck(Position position) {
    LOG.debug("{}: an ack for {} came too late and does not count", stream, position);
    LateAck late = new LateAck(position);
    notifyListeners(listener -> listener.onLateAck(late));
  }

  public void acksUnsent(int count) {
    LOG.debug("{}: the connection ended with {} acks not written", stream, count);
    AcksUnsent unsent = new AcksUnsent(count);
    notifyListeners(listener -> listener.onAcksUnsent(unsent));
  }

  public void wakeUpFailed(Throwable cause) {
    warn("cannot wake up the connection: " + LogText.reason(cause), cause);
  }

  public void acknowledgeFailed(Throwable cause) {
    warn("cannot acknowledge an event: " + LogText.reason(cause) + ". It comes again", cause);
  }

  /** Reports that a call of the checkpoint store had no thread, or threw an unexpected error. */
  public void storeCallFailed(String streamId, Throwable cause) {
    warn(
        "cannot call the store of checkpoint \""
            + streamId
            + "\": "
            + LogText.reason(cause)
            + ". The next ack or close() tries again",
        cause);
  }

  public void unsentFailed(Throwable cause) {
    warn(
        "the connection cannot say how many acks it has not written: " + LogText.reason(cause),
        cause);
  }

  /** Reports that a subscriber of the publisher threw, which it must not. */
  public void subscriberFailed(String method, Throwable cause) {
    warn(
        "a subscriber threw in "
            + method
            + ": "
            + LogText.reason(cause)
            + ". Its subscription is cancelled; events that it has not acked stay unacked",
        cause);
  }

  /** Reports that a part of the source or the store could not be closed properly. */
  public void closeFailed(String what, Throwable cause) {
    warn("cannot close " + what + " in order: " + LogText.reason(cause), cause);
  }

  private void notifyListeners(Consumer<StreamListener> call) {
    if (listeners.isEmpty()) {
      return;
    }
    boolean nested = insideListener.get();
    insideListener.set(true);
    try {
      for (StreamListener listener : listeners) {
        notifyListeners(listener, call);
      }
    } finally {
      if (!nested) {
        insideListener.remove();
      }
    }
  }

  private void notifyListeners(StreamListener listener, Consumer<StreamListener> call) {
    try {
      call.accept(listener);
    } catch (Throwable e) {
      LOG.warn("{}: a listener failed; the stream continues", stream, e);
    }
  }
}
