package dev.perennial.internal.window;

import dev.perennial.internal.window.TrackedDelivery.Settlement;
import dev.perennial.port.Position;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The window of a stream that acks nothing: every event is handed out and forgotten. */
public final class NoWindow<E, P extends Position> implements Window<E, P> {

  private long sequence;

  @Override
  public void onSettlement(DeliverySettlement.Listener listener) {}

  @Override
  public boolean hasRoom() {
    return true;
  }

  @Override
  public TrackedDelivery<E> admit(E event, P position) {
    return new TrackedDelivery<>(this, event, position, 1, sequence++, Settlement.EXPIRED);
  }

  @Override
  public void progress(P position) {}

  @Override
  public boolean hasNacked() {
    return false;
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
  public boolean nack(TrackedDelivery<E> delivery) {
    return false;
  }

  @Override
  public long acked() {
    return 0;
  }

  @Override
  public int unacked() {
    return 0;
  }

  @Override
  public Optional<Position> oldestUnacked() {
    return Optional.empty();
  }

  @Override
  public int expire() {
    return 0;
  }
}
