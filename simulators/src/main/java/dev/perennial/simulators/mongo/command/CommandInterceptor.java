package dev.perennial.simulators.mongo.command;

import dev.perennial.simulators.mongo.server.Call;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.Reply;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Sees every command before it runs, and can answer it instead. */
public interface CommandInterceptor {

  /** Called when a command arrives, before it waits for anything. Safe for use from any thread. */
  void received(Call call);

  /**
   * Called just before a command runs, with the replica set's lock held.
   *
   * @return what to answer instead of running the command; null to run it
   * @throws CommandError to answer with an error
   * @throws IOException to close the connection without an answer
   */
  @Nullable Reply intercept(Call call) throws IOException;
}
