package dev.perennial.cli.demo;

import dev.perennial.StreamState;
import java.util.Optional;

/** What an application of the demo that is a process of its own says on its stdout, one a line. */
sealed interface ConsumerMessage {

  /** An event was handled; it is acked next. */
  record Handled(String key) implements ConsumerMessage {
    @Override
    public String line() {
      return "handled\t" + key;
    }
  }

  /** Something for the person who watches. */
  record Said(boolean good, String text) implements ConsumerMessage {
    @Override
    public String line() {
      return (good ? "good\t" : "bad\t") + text;
    }
  }

  /** The stream's state changed. */
  record Changed(StreamState state) implements ConsumerMessage {
    @Override
    public String line() {
      return "state\t" + state;
    }
  }

  /**
   * The stream's figures.
   *
   * @param resumes how often the driver reopened a cursor by itself
   * @param invalidates how often the server ended the change stream
   */
  record Figures(int unacked, long reconnects, long resumes, long invalidates)
      implements ConsumerMessage {

    static final Figures NONE = new Figures(0, 0, 0, 0);

    @Override
    public String line() {
      return "figures\t" + unacked + '\t' + reconnects + '\t' + resumes + '\t' + invalidates;
    }
  }

  /** As one line. */
  String line();

  /** Reads a line; empty if it is none of these, as of something else that writes to stdout. */
  static Optional<ConsumerMessage> parse(String line) {
    int tab = line.indexOf('\t');
    if (tab < 0) {
      return Optional.empty();
    }
    String rest = line.substring(tab + 1);
    return switch (line.substring(0, tab)) {
      case "handled" -> Optional.of(new Handled(rest));
      case "good" -> Optional.of(new Said(true, rest));
      case "bad" -> Optional.of(new Said(false, rest));
      case "state" -> Optional.of(new Changed(StreamState.valueOf(rest)));
      case "figures" -> {
        String[] figures = rest.split("\t", -1);
        yield Optional.of(
            new Figures(
                Integer.parseInt(figures[0]),
                Long.parseLong(figures[1]),
                Long.parseLong(figures[2]),
                Long.parseLong(figures[3])));
      }
      default -> Optional.empty();
    };
  }
}
