package dev.perennial.benchmarks.measure;

/** A client of a server that sends events. Used by one thread. */
public interface Client extends AutoCloseable {

  /**
   * Handles the next events of the server, and returns when all are handled and acked.
   *
   * @param events how many there are
   * @return a checksum of what the handler read
   */
  long read(int events) throws Exception;

  @Override
  void close();
}
