package dev.perennial;

import java.util.concurrent.atomic.AtomicInteger;

final class CountingSettlements implements Settlements {

  final AtomicInteger acked = new AtomicInteger();
  final AtomicInteger nacked = new AtomicInteger();
  final AtomicInteger late = new AtomicInteger();

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
