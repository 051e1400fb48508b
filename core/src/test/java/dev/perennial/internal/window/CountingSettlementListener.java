package dev.perennial.internal.window;

import dev.perennial.Delivery;
import java.util.concurrent.atomic.AtomicInteger;

final class CountingSettlementListener implements DeliverySettlement.Listener {

  final AtomicInteger acked = new AtomicInteger();
  final AtomicInteger nacked = new AtomicInteger();
  final AtomicInteger late = new AtomicInteger();

  /** Adds this listener to a window and returns the window. */
  <W extends Window<?, ?>> W on(W window) {
    window.onSettlement(this);
    return window;
  }

  @Override
  public void acked() {
    acked.incrementAndGet();
  }

  @Override
  public void nacked() {
    nacked.incrementAndGet();
  }

  @Override
  public void ackedTooLate(Delivery<?> delivery) {
    late.incrementAndGet();
  }
}
