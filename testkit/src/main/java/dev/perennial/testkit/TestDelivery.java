package dev.perennial.testkit;

import dev.perennial.Delivery;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.Position;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A delivery for tests of handlers. It records how the handler settled it. Safe for use from any
 * thread.
 *
 * @param <E> the type of the event
 */
public final class TestDelivery<E> implements Delivery<E> {

  private sealed interface Settlement {}

  private record Acked() implements Settlement {}

  private record Nacked(Duration after) implements Settlement {}

  private final E event;
  private final Position position;
  private final int attempt;
  private final Optional<Checkpoint> checkpoint;
  private final Optional<Throwable> lastError;
  private @Nullable Settlement settlement;

  private TestDelivery(
      E event,
      Position position,
      int attempt,
      Optional<Checkpoint> checkpoint,
      Optional<Throwable> lastError) {
    this.event = event;
    this.position = position;
    this.attempt = attempt;
    this.checkpoint = checkpoint;
    this.lastError = lastError;
  }

  /** Makes a first delivery of an event, at position 1 and without a checkpoint. */
  public static <E> TestDelivery<E> of(E event) {
    return new TestDelivery<>(
        event, new ScriptedPosition(1), 1, Optional.empty(), Optional.empty());
  }

  /** Returns an unsettled delivery of the same event at another position. */
  public TestDelivery<E> at(Position position) {
    return new TestDelivery<>(event, position, attempt, checkpoint, lastError);
  }

  /** Returns an unsettled delivery of the same event as another attempt, which counts from 1. */
  public TestDelivery<E> attempt(int attempt) {
    if (attempt < 1) {
      throw new IllegalArgumentException("attempt() counts from 1, but got " + attempt + ".");
    }
    return new TestDelivery<>(event, position, attempt, checkpoint, lastError);
  }

  /** Returns an unsettled delivery of the same event whose last attempt has failed. */
  public TestDelivery<E> lastError(Throwable error) {
    return new TestDelivery<>(event, position, attempt, checkpoint, Optional.of(error));
  }

  /** Returns an unsettled delivery of the same event with a checkpoint. */
  public TestDelivery<E> checkpoint(Checkpoint checkpoint) {
    return new TestDelivery<>(event, position, attempt, Optional.of(checkpoint), lastError);
  }

  @Override
  public E event() {
    return event;
  }

  @Override
  public Position position() {
    return position;
  }

  @Override
  public int attempt() {
    return attempt;
  }

  @Override
  public Optional<Throwable> lastError() {
    return lastError;
  }

  @Override
  public Optional<Checkpoint> checkpoint() {
    return checkpoint;
  }

  @Override
  public boolean ack() {
    return settle(new Acked());
  }

  @Override
  public boolean nack() {
    return settle(new Nacked(Duration.ZERO));
  }

  @Override
  public boolean nack(Duration wait) {
    if (wait.isNegative()) {
      throw new IllegalArgumentException("nack() needs a wait that is not negative.");
    }
    return settle(new Nacked(wait));
  }

  private synchronized boolean settle(Settlement how) {
    if (settlement != null) {
      return false;
    }
    settlement = how;
    return true;
  }

  @Override
  public synchronized boolean isSettled() {
    return settlement != null;
  }

  /** Returns whether it was acked. */
  public synchronized boolean isAcked() {
    return settlement instanceof Acked;
  }

  /** Returns the wait with which it was nacked, zero for a plain nack; empty if it was not. */
  public synchronized Optional<Duration> nackedFor() {
    return settlement instanceof Nacked nacked ? Optional.of(nacked.after) : Optional.empty();
  }

  @Override
  public synchronized String toString() {
    return "TestDelivery[" + event + ", attempt " + attempt + ", " + settlement + "]";
  }
}
