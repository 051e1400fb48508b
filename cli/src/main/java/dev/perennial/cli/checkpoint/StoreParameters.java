package dev.perennial.cli.checkpoint;

import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.port.CheckpointAdmin;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.support.LogText;
import java.io.PrintWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The parameters of all {@code checkpoint} commands: the location of the checkpoints. */
final class StoreParameters {

  static final String EXIT_STATUS =
      "%nExit status: 0 if done, 1 if failed, 2 for invalid arguments.";

  /** The number of characters of existing ids that an error shows. */
  private static final int MAX_IDS_LENGTH = 200;

  /** An action on the checkpoints, which prints its result. */
  interface Action {
    void run(CheckpointAdmin checkpoints, PrintWriter out)
        throws CheckpointException, CommandFailedException;
  }

  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "LOCATION",
      converter = LocationConverter.class,
      description = "The location of the checkpoints: " + CheckpointLocation.FORM + ".")
  @SuppressWarnings("NullAway.Init") // by picocli
  private CheckpointLocation location;

  @Option(
      names = "--prefix",
      paramLabel = "TEXT",
      description = "The prefix of the keys in Redis, if the streams set one.")
  private @Nullable String prefix;

  /** Returns the error for a stream without a checkpoint. */
  CommandFailedException missing(String streamId, CheckpointAdmin checkpoints)
      throws CheckpointException {
    List<String> ids = checkpoints.streamIds();
    String others =
        ids.isEmpty()
            ? "No stream has one there."
            : "Streams that have one: "
                + LogText.brief(String.join(", ", ids), MAX_IDS_LENGTH)
                + ".";
    return new CommandFailedException(
        ExitStatus.FAILED,
        "Stream \"" + streamId + "\" has no checkpoint in " + location + ". " + others,
        null);
  }

  CheckpointLocation location() {
    return location;
  }

  /** Prints a remark about the location to stderr. */
  void note(String what) {
    spec.commandLine().getErr().println(what + " in " + location);
  }

  /** Opens the store and runs the action; turns errors into one line for the user. */
  int with(Action action) throws CommandFailedException {
    if (location.isMissing()) {
      throw new CommandFailedException(
          ExitStatus.FAILED, "There is no directory " + location + ".", null);
    }
    PrintWriter out = spec.commandLine().getOut();
    try (CheckpointStore store = open(location, prefix, "--prefix")) {
      action.run(store.admin().orElseThrow(), out);
      out.flush();
      return 0;
    } catch (CheckpointException e) {
      throw new CommandFailedException(ExitStatus.FAILED, String.valueOf(e.getMessage()), e);
    } catch (IllegalArgumentException e) {
      // The store does not accept the stream id.
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Opens the store at a location.
   *
   * @param prefix the prefix of the keys in Redis; null if none is given
   * @param option the option that gives it
   */
  CheckpointStore open(CheckpointLocation where, @Nullable String prefix, String option) {
    if (prefix == null) {
      return where.open();
    }
    if (!where.isRedis()) {
      throw new ParameterException(
          spec.commandLine(),
          option + " is for checkpoints in Redis, but " + where + " is a directory.");
    }
    return where.open(prefix);
  }
}
