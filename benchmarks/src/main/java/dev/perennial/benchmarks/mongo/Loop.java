package dev.perennial.benchmarks.mongo;

import org.bson.BsonTimestamp;

/** A loop over a change stream's events, from where it was opened on. For one thread. */
interface Loop extends AutoCloseable {

  /** The connection to the server, which a loop's drains share where an application's would. */
  interface Opener extends AutoCloseable {

    /** Opens a loop over a collection's changes from that time on. */
    Loop open(Size size, BsonTimestamp start, Tally tally) throws Exception;

    @Override
    void close();
  }

  /**
   * Waits for an event, and handles that and perhaps others: reads, and notes that it is done.
   *
   * @return how many it handled
   */
  int handle() throws Exception;

  /** What was saved last of how far it got. */
  String saved();

  @Override
  void close();
}
