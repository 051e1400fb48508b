package dev.perennial.cli.demo;

import dev.perennial.StreamState;
import java.util.Optional;

/** A message from a consumer process of the demo, one line on its stdout. */
sealed interface ConsumerMessage {

  /** An event was handled; it is acked next. */
  record EventHandled(String key) implements ConsumerMessage {
    @Override
    public String line() {
      return "handled\t" + key;
    }
  }

  /** An attempt of the handler failed. */
  record HandlerFailed(int attempt) implements ConsumerMessage {
    @Override
    public String line() {
      return "failed\t" + attempt;
    }
  }

  /**
   * A line to show.
   *
   * @param recovery whether it reports a recovery rather than a problem
   */
  record Remark(boolean recovery, String text) implements ConsumerMessage {
    @Override
    public String line() {
      return (recovery ? "recovery\t" : "problem\t") + text;
    }
  }

  /** The stream's state changed. */
  record StateChanged(StreamState state) implements ConsumerMessage {
    @Override
    public String line() {
      return "state\t" + state;
    }
  }

  /**
   * The stream's statistics.
   *
   * @param invalidates how often the server ended the change stream
   */
  record Stats(int unacked, long reconnects, long invalidates) implements ConsumerMessage {

    static final Stats NONE = new Stats(0, 0, 0);

    @Override
    public String line() {
      return "stats\t" + unacked + '\t' + reconnects + '\t' + invalidates;
    }
  }

  /** The message as one line, without a line break. */
  String line();

  /** Parses a line. Returns empty for other output, such as a warning of the JVM. */
  static Optional<ConsumerMessage> parse(String line) {
    int tab = line.indexOf('\t');
    if (tab < 0) {
      return Optional.empty();
    }
    String rest = line.substring(tab + 1);
    return switch (line.substring(0, tab)) {
      case "handled" -> Optional.of(new EventHandled(rest));
      case "failed" -> Optional.of(new HandlerFailed(Integer.parseInt(rest)));
      case "recovery" -> Optional.of(new Remark(true, rest));
      case "problem" -> Optional.of(new Remark(false, rest));
      case "state" -> Optional.of(new StateChanged(StreamState.valueOf(rest)));
      case "stats" -> {
        String[] stats = rest.split("\t", -1);
        yield Optional.of(
            new Stats(
                Integer.parseInt(stats[0]), Long.parseLong(stats[1]), Long.parseLong(stats[2])));
      }
      default -> Optional.empty();
    };
  }
}
