package dev.perennial.simulators.mongo;

import dev.perennial.simulators.mongo.command.CommandInterceptor;
import dev.perennial.simulators.mongo.server.Call;
import dev.perennial.simulators.mongo.wire.Reply;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The commands that clients sent: remembers the latest ones and lets the faults hit them. Safe for
 * use from any thread.
 */
final class ReceivedCommands implements CommandInterceptor {

  private static final int KEPT = 20_000;

  private final Faults faults;
  // Guarded by this object.
  private final Deque<ReceivedCommand> commands = new ArrayDeque<>();
  private final Map<String, Long> counts = new HashMap<>();

  ReceivedCommands(Faults faults) {
    this.faults = faults;
  }

  @Override
  public synchronized void received(Call call) {
    if (commands.size() == KEPT) {
      commands.removeFirst();
    }
    ReceivedCommand command = ReceivedCommand.of(call);
    commands.add(command);
    counts.merge(command.name(), 1L, Long::sum);
  }

  @Override
  public @Nullable Reply intercept(Call call) throws IOException {
    return faults.hit(call);
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
