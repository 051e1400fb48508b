package dev.perennial.internal.window;

import dev.perennial.internal.stream.Deadline;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The window of a stream that acks nothing: every event is handed out and forgotten. */
public final class NoWindow<E, P extends Position> implements Window<E, P> {

  private final Function<P, Optional<Checkpoint>> encode;
  private long sequence;

  /**
   * Makes a window.
   *
   * @param encode makes the checkpoint of a position; empty if the server tracks acks
   */
  public NoWindow(Function<P, Optional<Checkpoint>> encode) {
    this.encode = encode;
  }

  @Override
  public void onSettlement(DeliverySettlement.Listener listener) {}

  @Override
  public boolean hasRoom() {
    return true;
  }

  @Override
  public TrackedDelivery<E> admit(Received.Event<E, P> event, long now) {
    TrackedDelivery<E> delivery = new TrackedDelivery<>(this, event, sequence++);
    delivery.expire();
    return delivery;
  }

  @Override
  public void progress(P position) {}

  @Override
  public boolean hasNacked() {
    return false;
  }

  @Override
  public boolean isNackedDue() {
    return false;
  }

  @Override
  public Deadline untilNacked(Deadline deadline) {
    return deadline;
  }

  @Override
  public List<TrackedDelivery<E>> allNacked() {
    return List.of();
  }

  @Override
  public @Nullable TrackedDelivery<E> nextNacked() {
    return null;
  }

  @Override
  public boolean ack(TrackedDelivery<E> delivery) {
    return false;
  }

  @Override
  public boolean nack(TrackedDelivery<E> delivery, Duration wait) {
    return false;
  }

  @Override
  @SuppressWarnings("unchecked") // admitted with positions of this source only
  public Optional<Checkpoint> checkpoint(TrackedDelivery<E> delivery) {
    return encode.apply((P) delivery.position());
  }

  @Override
  public long acked() {
    return 0;
  }

  @Override
  public long nacked() {
    return 0;
  }

  @Override
  public int unacked() {
    return 0;
  }

  @Override
  public Stream<Unacked<E>> allUnacked() {
    return Stream.empty();
  }

  @Override
  public Optional<Unacked<E>> oldestUnacked() {
    return Optional.empty();
  }

  @Override
  public int expire() {
    return 0;
  }
}
