package dev.perennial;

import dev.perennial.port.Position;
import java.time.Instant;
import java.util.Optional;

/**
 * The figures of a stream since it was opened. Immutable, but not an atomic snapshot: events can
 * arrive between the readings of two figures. Only the library implements it, and later versions
 * may add methods; for tests, the testkit makes one.
 */
public interface StreamStats {

  /** Returns the name of the stream. */
  String name();

  /** Returns the state. */
  StreamState state();

  /** Returns how many events were received, without dropped redeliveries. */
  long received();

  /** Returns how many events were acked. */
  long acked();

  /** Returns how many deliveries were nacked. */
  long nacked();

  /**
   * Returns how many deliveries are handed out or waiting and not acked: how full the window is.
   */
  int unacked();

  /** Returns the size of the window, as {@link EventStreamBuilder#window(int)} sets it. */
  int window();

  /** Returns the position of the oldest delivery that is not acked. */
  Optional<Position> oldestUnacked();

  /** Returns when the oldest delivery that is not acked was received. */
  Optional<Instant> oldestUnackedSince();

  /** Returns how many delivery attempts of handlers have failed; one of a batch counts once. */
  long handlerFailures();

  /** Returns how many events were skipped after their last attempt. */
  long skipped();

  /** Returns how many events a dead letter sink has accepted. */
  long deadLettered();

  /** Returns how many handlers run now. */
  int handlersRunning();

  /**
   * Returns how many keys have events of which no handler runs now: they wait for a free handler,
   * or for the next attempt.
   */
  int keysWaiting();

  /** Returns how many connections followed the first. */
  long reconnects();

  /** Returns how many events came again and were not handed out. */
  long redeliveriesDropped();

  /** Returns how many messages could not be decoded. */
  long malformed();

  /** Returns when the last event was received. */
  Optional<Instant> lastReceived();

  /**
   * Returns the time of the last received event according to its source, if the source knows it.
   */
  Optional<Instant> lastEventTime();

  /** Returns when the checkpoint was last saved. */
  Optional<Instant> lastSave();
}
