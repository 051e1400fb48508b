package dev.perennial.simulators.mongo.command;

import dev.perennial.simulators.mongo.server.Call;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.Reply;
import java.io.IOException;

/** Runs one command of clients. Called with the replica set's lock held. */
interface Command {

  /**
   * Runs it.
   *
   * @throws CommandError to answer with an error
   * @throws IOException to end the connection without an answer
   */
  Reply run(Call call) throws IOException;
}
