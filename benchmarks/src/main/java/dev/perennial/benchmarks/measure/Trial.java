package dev.perennial.benchmarks.measure;

import java.io.IOException;
import java.util.List;

/** One table: a server, and the contenders that read the same events from it. */
public interface Trial {

  /** Returns a short name, for files. */
  String name();

  /** Returns what the events are, for people. */
  String title();

  /** Returns the contenders, in the order of the table. */
  List<Contender> contenders();

  /** Returns the contender that ratios refer to. */
  Contender reference();

  /** Returns what comes before the measurement in a new process: the first is the cold run. */
  List<Integer> warmUps();

  /** Returns how many events are measured. */
  int events();

  /** Returns where the server is and what to read there, for a contender. */
  String server();

  /**
   * Has a contender read events, and verifies that it read and acked all of them.
   *
   * @throws IOException if it did not
   */
  Usage run(Contender contender, ContenderProcess process, int events) throws IOException;
}
