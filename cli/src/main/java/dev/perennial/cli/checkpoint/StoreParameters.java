package dev.perennial.cli.checkpoint;

import dev.perennial.cli.console.ExitStatus;
import dev.perennial.cli.console.Failure;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.LogText;
import java.io.PrintWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What all commands about checkpoints need to know: where they are. */
final class StoreParameters {

  static final String EXIT_STATUS =
      "%nExit status: 0 if it is done, 1 if it failed, 2 for wrong arguments.";

  /** How many characters of the ids that are there an error shows. */
  private static final int MOST_IDS = 200;

  /** What is to be done with the store, and what came of it printed. */
  interface Work {
    void run(ManagedStore store, PrintWriter out) throws CheckpointException, Failure;
  }

  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "LOCATION",
      converter = LocationConverter.class,
      description = "Where the checkpoints are: " + CheckpointLocation.FORM + ".")
  @SuppressWarnings("NullAway.Init") // by picocli
  private CheckpointLocation location;

  @Option(
      names = "--prefix",
      paramLabel = "TEXT",
      description = "What the keys in Redis begin with, if the streams have a prefix of their own.")
  private @Nullable String prefix;

  /** What to say when a stream has no checkpoint there. */
  Failure missing(String streamId, ManagedStore store) throws CheckpointException {
    List<String> ids = store.streamIds();
    String others =
        ids.isEmpty()
            ? "there is none at all"
            : "there is one of " + LogText.brief(String.join(", ", ids), MOST_IDS);
    return new Failure(
        ExitStatus.FAILED,
        "the stream \"" + streamId + "\" has no checkpoint in " + location + "; " + others,
        null);
  }

  CheckpointLocation location() {
    return location;
  }

  /** Says something about the store to the person, and not to a program that reads the output. */
  void note(String what) {
    spec.commandLine().getErr().println(what + " in " + location);
  }

  /** Opens the store, does the work, and tells what went wrong in one line. */
  int with(Work work) throws Failure {
    PrintWriter out = spec.commandLine().getOut();
    try (ManagedStore store = open()) {
      work.run(store, out);
      out.flush();
      return 0;
    } catch (CheckpointException e) {
      throw new Failure(ExitStatus.FAILED, String.valueOf(e.getMessage()), e);
    } catch (IllegalArgumentException e) {
      // A stream id that the store cannot have.
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private ManagedStore open() {
    if (prefix == null) {
      return location.open();
    }
    if (!location.isRedis()) {
      throw new ParameterException(
          spec.commandLine(), "--prefix is for checkpoints in Redis, but these are in files");
    }
    return location.open(prefix);
  }
}
