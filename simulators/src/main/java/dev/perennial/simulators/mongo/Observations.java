package dev.perennial.simulators.mongo;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Notes on what clients did. Safe for use from any thread. */
final class Observations {

  /** How many commands are kept. */
  static final int KEPT = 20_000;

  private final Deque<ReceivedCommand> commands = new ArrayDeque<>();
  private final Map<String, Long> counts = new HashMap<>();

  synchronized void note(ReceivedCommand command) {
    if (commands.size() == KEPT) {
      commands.removeFirst();
    }
    commands.add(command);
    counts.merge(command.name(), 1L, Long::sum);
  }

  synchronized List<ReceivedCommand> commands() {
    return List.copyOf(commands);
  }

  synchronized long count(String name) {
    return counts.getOrDefault(name, 0L);
  }

  synchronized void clear() {
    commands.clear();
    counts.clear();
  }
}
