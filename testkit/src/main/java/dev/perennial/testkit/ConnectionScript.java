package dev.perennial.testkit;

import dev.perennial.port.Malformed;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one connection of a scripted source does, in order. What it gives arrives by itself, whether
 * or not anybody receives: {@link #pause} is the time between two arrivals. After the last line the
 * connection stays open and silent.
 *
 * @param <E> the type of the events
 */
public final class ConnectionScript<E> {

  /** What arrives, when. */
  sealed interface Line<E> {}

  record Event<E>(long position, E event) implements Line<E> {}

  record Progress<E>(long position) implements Line<E> {}

  record End<E>() implements Line<E> {}

  record Lose<E>(Exception cause) implements Line<E> {}

  /** What no one can receive past. */
  sealed interface Block<E> extends Line<E> {}

  /** A null time is for ever. */
  record Hang<E>(@Nullable Duration time) implements Block<E> {}

  record Stall<E>(Duration time) implements Block<E> {}

  record Arrival<E>(Duration after, Line<E> line) {}

  private final List<Arrival<E>> arrivals = new ArrayList<>();
  private Duration passed = Duration.ZERO;
  private boolean ignoresWakeUp;
  private int writtenAcks = Integer.MAX_VALUE;
  private Duration closeTakes = Duration.ZERO;
  private boolean closeHangs;
  private @Nullable IOException closeFailure;

  ConnectionScript() {}

  /** An event arrives. */
  public ConnectionScript<E> event(long position, E event) {
    return add(new Event<>(position, event));
  }

  /** A message arrives that could not be decoded. */
  public ConnectionScript<E> malformed(long position, E event) {
    if (!(event instanceof Malformed)) {
      throw new IllegalArgumentException(
          "a malformed message is an event that implements Malformed, but this is " + event);
    }
    return event(position, event);
  }

  /** The position moves without an event. */
  public ConnectionScript<E> progress(long position) {
    return add(new Progress<>(position));
  }

  /** Nothing arrives for a time. */
  public ConnectionScript<E> pause(Duration time) {
    passed = passed.plus(time);
    return this;
  }

  /** The stream is complete. */
  public ConnectionScript<E> end() {
    return add(new End<>());
  }

  /** The connection is lost, once everything that arrived before has been received. */
  public ConnectionScript<E> lose(Exception cause) {
    return add(new Lose<>(cause));
  }

  /**
   * {@code receive} blocks whatever its timeout, deaf to {@code wakeUp}, until it is interrupted;
   * then it goes on.
   */
  public ConnectionScript<E> hang() {
    return add(new Hang<>(null));
  }

  /**
   * {@code receive} blocks whatever its timeout, deaf to {@code wakeUp}, for a time or until it is
   * interrupted.
   */
  public ConnectionScript<E> hang(Duration time) {
    return add(new Hang<>(time));
  }

  /** {@code receive} blocks for a time, and not even an interrupt gets through to it. */
  public ConnectionScript<E> stall(Duration time) {
    return add(new Stall<>(time));
  }

  /** The connection has no way to wake a {@code receive} that waits. */
  public ConnectionScript<E> ignoresWakeUp() {
    ignoresWakeUp = true;
    return this;
  }

  /** Writes so many acks and keeps the others, as a socket that has stalled. */
  public ConnectionScript<E> writesAcks(int count) {
    writtenAcks = count;
    return this;
  }

  /** {@code close} takes a time, or until it is interrupted. */
  public ConnectionScript<E> closeTakes(Duration time) {
    closeTakes = time;
    return this;
  }

  /** {@code close} never returns unless it is interrupted. */
  public ConnectionScript<E> closeHangs() {
    closeHangs = true;
    return this;
  }

  /** {@code close} throws. */
  public ConnectionScript<E> closeFails(IOException failure) {
    closeFailure = failure;
    return this;
  }

  List<Arrival<E>> arrivals() {
    return arrivals;
  }

  boolean isDeafToWakeUp() {
    return ignoresWakeUp;
  }

  int writtenAcks() {
    return writtenAcks;
  }

  Duration closeTime() {
    return closeTakes;
  }

  boolean isCloseHanging() {
    return closeHangs;
  }

  @Nullable IOException closeFailure() {
    return closeFailure;
  }

  private ConnectionScript<E> add(Line<E> line) {
    arrivals.add(new Arrival<>(passed, line));
    return this;
  }
}
