package dev.perennial.simulators.mongo;

import dev.perennial.simulators.mongo.wire.CommandError;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** What a fault does to a command, instead of running it or before. */
public sealed interface FaultSpec {

  /**
   * The command is answered with an error and not run. The labels are exactly these.
   *
   * @param code the server's, such as 43
   */
  record ErrorReply(int code, String message, List<String> labels) implements FaultSpec {

    /** Copies the labels. */
    public ErrorReply {
      labels = List.copyOf(labels);
    }
  }

  /** The connection is closed, the command not run. */
  record Close() implements FaultSpec {}

  /** The command waits, and runs then. */
  record Block(Function<ReceivedCommand, Duration> time) implements FaultSpec {}

  /** The command is not run, and the client receives bytes that are no message. */
  record Garbage() implements FaultSpec {}

  /** An error with a message of its own. */
  static FaultSpec error(int code, String... labels) {
    return new ErrorReply(code, "scripted: " + CommandError.nameOf(code), List.of(labels));
  }

  /** An error with this message. */
  static FaultSpec errorSaying(int code, String message, String... labels) {
    return new ErrorReply(code, message, List.of(labels));
  }

  /** See {@link Close}. */
  static FaultSpec close() {
    return new Close();
  }

  /** See {@link Block}. */
  static FaultSpec block(Duration time) {
    return block(command -> time);
  }

  /** See {@link Block}. The time depends on the command. */
  static FaultSpec block(Function<ReceivedCommand, Duration> time) {
    return new Block(time);
  }

  /** See {@link Garbage}. */
  static FaultSpec garbage() {
    return new Garbage();
  }
}
