package dev.perennial.cli.tail;

import dev.perennial.StreamFailedException;
import dev.perennial.StreamState;
import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.source.tap.TapException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/**
 * Explains why the tail of a Tap ends.
 *
 * @param uri the address of the Tap
 * @param passwordGiven whether {@link TailTapCommand#PASSWORD} is set
 */
record TapFailureExplainer(String uri, boolean passwordGiven) implements FailureExplainer {

  @Override
  public CommandFailedException notLive(
      StreamState state, Duration timeout, TimeoutException cause) {
    return new CommandFailedException(
        ExitStatus.FAILED,
        "Cannot connect to "
            + uri
            + " within "
            + timeout.toSeconds()
            + " s. Check that Tap runs there, or wait longer with --wait SECONDS.",
        cause);
  }

  @Override
  public CommandFailedException explain(StreamFailedException failure) {
    Throwable cause = failure.getCause();
    if (!(cause instanceof TapException refusal)) {
      return new CommandFailedException(
          ExitStatus.FAILED, String.valueOf(failure.getMessage()), failure);
    }
    return refusal.reason() == TapException.Reason.UNAUTHORIZED
        ? new CommandFailedException(ExitStatus.REFUSED, password(), failure)
        : new CommandFailedException(
            ExitStatus.FAILED, String.valueOf(refusal.getMessage()), failure);
  }

  private String password() {
    return passwordGiven
        ? "Tap refused the password in "
            + TailTapCommand.PASSWORD
            + ". Set it to Tap's TAP_ADMIN_PASSWORD."
        : "Tap requires a password. Set "
            + TailTapCommand.PASSWORD
            + " to Tap's TAP_ADMIN_PASSWORD.";
  }
}
