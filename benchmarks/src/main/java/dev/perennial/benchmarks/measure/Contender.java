package dev.perennial.benchmarks.measure;

import java.util.Locale;

/**
 * A way to read events, and a row of a table. Contenders are the constants of an enum, whose name a
 * process is started with.
 */
public interface Contender {

  /** The role of a contender in a comparison. */
  enum Role {
    /** Perennial. */
    OURS,
    /** Another library, or code written without Perennial. */
    PEER,
    /** Shows what the server could give if the client cost nothing. */
    BOUND
  }

  /** Returns the constant's name. */
  String name();

  /** Returns the row's title, in Markdown. */
  String title();

  /** Returns what it is there for. */
  Role role();

  /**
   * Creates a client, which need not connect yet.
   *
   * @param server where the server is and what to read there, as the trial says it
   */
  Client open(String server) throws Exception;

  /** Returns the name that selects the contender on the command line. */
  default String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
