package dev.perennial.cli.tail;

import dev.perennial.StreamException;
import dev.perennial.StreamState;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.cli.console.Failure;
import dev.perennial.source.tap.TapException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/**
 * Says why the tail of a Tap ends.
 *
 * @param uri where the Tap is
 * @param passwordGiven whether there is a password in {@link TailTapCommand#PASSWORD}
 */
record TapFailures(String uri, boolean passwordGiven) implements TailFailures {

  @Override
  public Failure notLive(StreamState state, Duration patience, TimeoutException cause) {
    return new Failure(
        ExitStatus.FAILED,
        "no connection to "
            + uri
            + " within "
            + patience.toSeconds()
            + " s; is a Tap running there? --wait SECONDS waits for longer",
        cause);
  }

  @Override
  public Failure explain(StreamException death) {
    Throwable cause = death.getCause();
    if (cause instanceof TapException.Unauthorized) {
      return new Failure(ExitStatus.REFUSED, password(), death);
    }
    String why = cause instanceof TapException ? cause.getMessage() : death.getMessage();
    return new Failure(ExitStatus.FAILED, String.valueOf(why), death);
  }

  private String password() {
    return passwordGiven
        ? "the Tap refused the password in "
            + TailTapCommand.PASSWORD
            + "; set it to the Tap's TAP_ADMIN_PASSWORD"
        : "the Tap wants a password; set "
            + TailTapCommand.PASSWORD
            + " to the Tap's TAP_ADMIN_PASSWORD";
  }
}
