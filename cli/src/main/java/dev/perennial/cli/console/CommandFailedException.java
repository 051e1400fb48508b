package dev.perennial.cli.console;

import dev.perennial.port.support.LogText;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ParameterException;

/** Ends a command with a message for the user and an exit status. */
public final class CommandFailedException extends Exception {

  private static final long serialVersionUID = 1;

  private final int status;

  public CommandFailedException(int status, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.status = status;
  }

  /** Returns the exit status. */
  public int status() {
    return status;
  }

  /** Describes an error in one line, an unexpected one with its type. */
  public static String describe(Throwable failure) {
    boolean expected =
        failure instanceof CommandFailedException || failure instanceof ParameterException;
    String text = expected ? failure.getMessage() : failure.toString();
    return "perennial: " + LogText.line(String.valueOf(text));
  }
}
