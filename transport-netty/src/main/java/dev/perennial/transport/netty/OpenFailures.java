package dev.perennial.transport.netty;

import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Unreachable;
import dev.perennial.port.TransportException.Untrusted;
import io.netty.handler.proxy.ProxyConnectException;
import java.net.ConnectException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says what it means that a channel did not come about. */
final class OpenFailures {

  private OpenFailures() {}

  /**
   * @param cause null if the peer ended the connection
   */
  static TransportException of(OpenAttempt attempt, @Nullable Throwable cause) {
    if (cause == null) {
      return new Unreachable(
          attempt.target() + " ended the connection before it answered the handshake", null);
    }
    Throwable error = Causes.unwrapped(cause);
    if (error instanceof SSLException) {
      return new Untrusted(
          "TLS could not establish that it talks to " + attempt.target() + message(error), error);
    }
    if (error instanceof ProxyConnectException) {
      return new Unreachable(
          "the proxy gave no connection to " + attempt.target() + message(error), error);
    }
    if (error instanceof ConnectException) {
      return new Unreachable("no connection to " + attempt.target() + message(error), error);
    }
    return new Unreachable(
        "the connection to "
            + attempt.target()
            + " broke before the handshake was answered"
            + message(error),
        error);
  }

  private static String message(Throwable error) {
    return error.getMessage() == null ? "" : ": " + error.getMessage();
  }
}
