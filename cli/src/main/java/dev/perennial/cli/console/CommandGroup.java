package dev.perennial.cli.console;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that only has subcommands. */
public abstract class CommandGroup implements Runnable {

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Override
  public final void run() {
    throw new ParameterException(
        spec.commandLine(), "Missing subcommand. Give " + choice(spec) + ".");
  }

  /** Returns the names of a command's subcommands, as a list in words. */
  public static String choice(CommandSpec command) {
    List<String> names = new ArrayList<>(command.subcommands().keySet());
    if (names.isEmpty()) {
      return "none";
    }
    String last = names.remove(names.size() - 1);
    return names.isEmpty() ? last : String.join(", ", names) + " or " + last;
  }
}
