package dev.perennial;

/** What follows when deliveries are settled. Called by whichever thread settles. */
interface Settlements {

  void acked();

  void nacked();

  /** An ack came for a delivery that was nacked, or whose stream is closed. */
  void ackedTooLate(Delivery<?> delivery);
}
