package dev.perennial.cli.console;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that does nothing by itself, but has others below it. */
public abstract class CommandGroup implements Runnable {

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Override
  public final void run() {
    throw new ParameterException(spec.commandLine(), "Say what to do: " + choice(spec));
  }

  /** The names of the commands below a command, in words. */
  public static String choice(CommandSpec command) {
    List<String> names = new ArrayList<>(command.subcommands().keySet());
    if (names.isEmpty()) {
      return "none";
    }
    String last = names.remove(names.size() - 1);
    return names.isEmpty() ? last : String.join(", ", names) + " or " + last;
  }
}
