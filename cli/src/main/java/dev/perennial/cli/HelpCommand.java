package dev.perennial.cli;

import dev.perennial.cli.console.CommandGroup;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code perennial help}: unlike picocli's own command, it also shows nested commands. */
@Command(name = "help", description = "Shows the help of a command.", helpCommand = true)
final class HelpCommand implements Runnable {

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Parameters(
      arity = "0..*",
      paramLabel = "COMMAND",
      description = "The command, for example tail mongo.")
  private List<String> path = List.of();

  @Override
  public void run() {
    CommandLine command = spec.parent().commandLine();
    for (String name : path) {
      CommandLine next = command.getSubcommands().get(name);
      if (next == null) {
        CommandSpec known = command.getCommandSpec();
        throw new ParameterException(
            spec.commandLine(),
            String.format(
                "There is no command \"%s %s\". \"%s\" has %s.",
                known.qualifiedName(), name, known.qualifiedName(), CommandGroup.choice(known)));
      }
      command = next;
    }
    command.usage(spec.commandLine().getOut());
  }
}
