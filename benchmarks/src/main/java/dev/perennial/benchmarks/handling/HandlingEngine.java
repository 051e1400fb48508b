package dev.perennial.benchmarks.handling;

/** An engine that calls handlers at once, in order per key. */
interface HandlingEngine {

  String title();

  /** Has every event of a load handled, and what is handled saved. */
  void run(Turn turn) throws InterruptedException;
}
