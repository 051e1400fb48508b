package dev.perennial.cli.console;

import dev.perennial.port.LogText;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ParameterException;

/** Ends a command with a message for the person who started it, and an exit status. */
public final class Failure extends Exception {

  private static final long serialVersionUID = 1;

  private final int status;

  public Failure(int status, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.status = status;
  }

  /** What to exit with. */
  public int status() {
    return status;
  }

  /** An error in one line. What nobody foresaw is told with its type. */
  public static String say(Throwable failure) {
    boolean foreseen = failure instanceof Failure || failure instanceof ParameterException;
    String text = foreseen ? failure.getMessage() : failure.toString();
    return "perennial: " + LogText.line(String.valueOf(text));
  }
}
