package dev.perennial;

import dev.perennial.StreamListener.AcksUnsent;
import dev.perennial.StreamListener.CheckpointSaveFailed;
import dev.perennial.StreamListener.CheckpointSaved;
import dev.perennial.StreamListener.LateAck;
import dev.perennial.StreamListener.MalformedReceived;
import dev.perennial.StreamListener.RedeliveryDropped;
import dev.perennial.StreamListener.StartOverridden;
import dev.perennial.StreamListener.Transition;
import dev.perennial.StreamListener.WindowFree;
import dev.perennial.StreamListener.WindowFull;
import dev.perennial.port.LogText;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the log and the listeners what happens to one stream, and counts it. */
final class Observer {

  private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);

  private final String stream;
  private final List<StreamListener> listeners;
  private final ThreadLocal<Boolean> insideListener = ThreadLocal.withInitial(() -> false);
  private final AtomicLong reconnects = new AtomicLong();
  private final AtomicLong redeliveriesDropped = new AtomicLong();
  private final AtomicLong malformed = new AtomicLong();

  Observer(String stream, List<StreamListener> listeners) {
    this.stream = stream;
    this.listeners = List.copyOf(listeners);
  }

  /** The stream's name. */
  String stream() {
    return stream;
  }

  boolean hasListeners() {
    return !listeners.isEmpty();
  }

  /** Whether the caller is inside a listener of this stream, which must not wait for itself. */
  boolean isInsideListener() {
    return insideListener.get();
  }

  long reconnects() {
    return reconnects.get();
  }

  long redeliveriesDropped() {
    return redeliveriesDropped.get();
  }

  long malformed() {
    return malformed.get();
  }

  void transition(Transition transition) {
    switch (transition.to()) {
      case CONNECTING -> LOG.debug("{}: connecting", stream);
      case LIVE -> LOG.info("{}: connected", stream);
      case BACKING_OFF -> backingOff(transition);
      default -> LOG.debug("{}: {}", stream, transition.to());
    }
    tell(listener -> listener.onTransition(transition));
  }

  private void backingOff(Transition transition) {
    LOG.warn(
        "{}: {} with {}; {} failed in a row, next attempt in {} ms",
        stream,
        transition
            .connectionAge()
            .map(age -> "connection lost after " + age)
            .orElse("attempt to connect failed"),
        transition.cause().map(Throwable::toString).orElse("no error"),
        transition.attempt(),
        transition.delay().map(Duration::toMillis).orElse(0L));
    LOG.debug("{}: the error was", stream, transition.cause().orElse(null));
  }

  /** The server asked for a wait that is too long to be obeyed. */
  void waitCapped(Duration asked, Duration most) {
    LOG.warn(
        "{}: the server asks to wait for {}, which is too long: the stream waits for {}",
        stream,
        LogText.duration(asked),
        LogText.duration(most));
  }

  void died(Death death) {
    LOG.error("{}: {}", stream, death.message(), death.cause());
  }

  void reconnected() {
    reconnects.incrementAndGet();
  }

  void standby(String streamId) {
    LOG.info("{}: checkpoint '{}' is claimed by another stream; waiting for it", stream, streamId);
  }

  void checkpointUnavailable(String streamId, Throwable cause) {
    LOG.warn("{}: checkpoint '{}' cannot be claimed now; trying on", stream, streamId, cause);
  }

  void checkpointSaved(CheckpointSaved saved) {
    LOG.trace("{}: checkpoint saved at {}", stream, saved.position());
    tell(listener -> listener.onCheckpointSaved(saved));
  }

  void checkpointSaveFailed(CheckpointSaveFailed failed) {
    LOG.warn(
        "{}: saving the checkpoint at {} failed, next try in {} ms",
        stream,
        failed.position(),
        failed.retryIn().toMillis(),
        failed.cause());
    tell(listener -> listener.onCheckpointSaveFailed(failed));
  }

  void startOverridden(StartOverridden overridden) {
    LOG.info(
        "{}: going on from checkpoint {}, not from the configured start {}",
        stream,
        overridden.checkpoint(),
        overridden.configuredStart());
    tell(listener -> listener.onStartOverridden(overridden));
  }

  void redeliveryDropped(RedeliveryDropped dropped) {
    redeliveriesDropped.incrementAndGet();
    tell(listener -> listener.onRedeliveryDropped(dropped));
  }

  void malformed(MalformedReceived received) {
    malformed.incrementAndGet();
    LOG.warn(
        "{}: a message of {} bytes at {} could not be decoded; it is handed out as malformed",
        stream,
        received.malformed().size(),
        received.position(),
        received.malformed().cause());
    tell(listener -> listener.onMalformed(received));
  }

  void windowFull(WindowFull full) {
    LOG.warn(
        "{}: the window is full: waiting for acks of {} deliveries, the oldest at {}",
        stream,
        full.unacked(),
        full.oldestUnacked().map(Object::toString).orElse("(none)"));
    tell(listener -> listener.onWindowFull(full));
  }

  void windowFree(WindowFree free) {
    LOG.info("{}: the window is free again after {}", stream, free.full());
    tell(listener -> listener.onWindowFree(free));
  }

  void lateAck(LateAck late) {
    LOG.debug("{}: an ack for {} came too late and counts for nothing", stream, late.position());
    tell(listener -> listener.onLateAck(late));
  }

  void acksUnsent(int count) {
    LOG.debug("{}: the connection ended with {} acks not written", stream, count);
    tell(listener -> listener.onAcksUnsent(new AcksUnsent(count)));
  }

  void wakeUpFailed(Throwable cause) {
    LOG.warn("{}: a connection could not be woken", stream, cause);
  }

  void acknowledgeFailed(Throwable cause) {
    LOG.warn("{}: a connection failed to take an ack; its event comes again", stream, cause);
  }

  /** What touches the checkpoint store could not be handed to a thread, or threw there. */
  void storeCallFailed(String streamId, Throwable cause) {
    LOG.warn(
        "{}: Cannot call the store of checkpoint \"{}\": {}. The next ack or close() tries again.",
        stream,
        streamId,
        LogText.reason(cause));
    LOG.debug("{}: the error was", stream, cause);
  }

  void unsentFailed(Throwable cause) {
    LOG.warn("{}: a connection could not say how many acks it has not written", stream, cause);
  }

  /** Something of the source or the store that could not be closed in order. */
  void closeFailed(String what, Throwable cause) {
    LOG.warn("{}: {} could not be closed in order", stream, what, cause);
  }

  private void tell(Consumer<StreamListener> call) {
    if (listeners.isEmpty()) {
      return;
    }
    boolean nested = insideListener.get();
    insideListener.set(true);
    try {
      for (StreamListener listener : listeners) {
        tell(listener, call);
      }
    } finally {
      if (!nested) {
        insideListener.remove();
      }
    }
  }

  private void tell(StreamListener listener, Consumer<StreamListener> call) {
    try {
      call.accept(listener);
    } catch (Throwable e) {
      LOG.warn("{}: a listener failed; the stream goes on", stream, e);
    }
  }
}
