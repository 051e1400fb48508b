package dev.perennial.testkit;

import dev.perennial.port.Malformed;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The script of one connection of a scripted source: a list of arrivals in order. They arrive at
 * their time even if the stream does not call {@code receive}; {@link #pause} sets the time between
 * two of them. After the last arrival the connection stays open and silent.
 *
 * @param <E> the type of the events
 */
public final class ConnectionScript<E> {

  /** Something that arrives on the connection. */
  sealed interface Line<E> {}

  record Event<E>(long position, E event) implements Line<E> {}

  record Progress<E>(long position) implements Line<E> {}

  record End<E>() implements Line<E> {}

  record Lose<E>(Exception cause) implements Line<E> {}

  /** An arrival that blocks {@code receive}. */
  sealed interface Block<E> extends Line<E> {}

  /** A block that an interrupt ends; a null time means no limit. */
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

  /** Adds an event. */
  public ConnectionScript<E> event(long position, E event) {
    return add(new Event<>(position, event));
  }

  /** Adds a message that cannot be decoded; its event implements {@link Malformed}. */
  public ConnectionScript<E> malformed(long position, E event) {
    if (!(event instanceof Malformed)) {
      throw new IllegalArgumentException(
          "malformed() needs an event that implements Malformed, but got " + event + ".");
    }
    return event(position, event);
  }

  /** Adds progress: a newer position without an event. */
  public ConnectionScript<E> progress(long position) {
    return add(new Progress<>(position));
  }

  /** Adds a time during which nothing arrives. */
  public ConnectionScript<E> pause(Duration time) {
    passed = passed.plus(time);
    return this;
  }

  /** Adds the end of a source that is complete. */
  public ConnectionScript<E> end() {
    return add(new End<>());
  }

  /** Adds the loss of the connection, after the stream has received all earlier arrivals. */
  public ConnectionScript<E> lose(Exception cause) {
    return add(new Lose<>(cause));
  }

  /**
   * Makes {@code receive} block here until the thread is interrupted. It ignores its timeout and
   * {@code wakeUp}. The call after it continues with the next arrival.
   */
  public ConnectionScript<E> hang() {
    return add(new Hang<>(null));
  }

  /**
   * Makes {@code receive} block here for a time or until the thread is interrupted. It ignores its
   * timeout and {@code wakeUp}.
   */
  public ConnectionScript<E> hang(Duration time) {
    return add(new Hang<>(time));
  }

  /** Makes {@code receive} block here for a time. It also ignores interrupts. */
  public ConnectionScript<E> stall(Duration time) {
    return add(new Stall<>(time));
  }

  /** Makes {@code wakeUp} do nothing. */
  public ConnectionScript<E> ignoresWakeUp() {
    ignoresWakeUp = true;
    return this;
  }

  /** Limits how many acks the connection writes. It keeps the others, like a stalled socket. */
  public ConnectionScript<E> writesAcks(int count) {
    writtenAcks = count;
    return this;
  }

  /** Makes {@code close} block for a time or until the thread is interrupted. */
  public ConnectionScript<E> closeTakes(Duration time) {
    closeTakes = time;
    return this;
  }

  /** Makes {@code close} block until the thread is interrupted. */
  public ConnectionScript<E> closeHangs() {
    closeHangs = true;
    return this;
  }

  /** Makes {@code close} throw. */
  public ConnectionScript<E> closeFails(IOException failure) {
    closeFailure = failure;
    return this;
  }

  List<Arrival<E>> arrivals() {
    return arrivals;
  }

  boolean isIgnoringWakeUp() {
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
