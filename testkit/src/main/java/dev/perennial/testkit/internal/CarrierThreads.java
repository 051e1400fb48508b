package dev.perennial.testkit.internal;

import java.util.ArrayDeque;

/**
 * The carrier threads of one run. The seed alone decides which scheduled thread gets which carrier.
 */
final class CarrierThreads {

  private final ArrayDeque<CarrierThread> free = new ArrayDeque<>();

  CarrierThread take() {
    CarrierThread carrier = free.pollFirst();
    return carrier != null ? carrier : CarrierThread.take();
  }

  /** Takes back a carrier whose scheduled thread is about to leave it. */
  void free(CarrierThread carrier) {
    carrier.unmount();
    free.addFirst(carrier);
  }

  /** Makes the carriers available to other runs, after the run. */
  void giveBack() {
    free.forEach(CarrierThread::giveBack);
    free.clear();
  }
}
