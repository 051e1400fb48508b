package dev.perennial.transport.netty.internal.open;

import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Rejected;
import dev.perennial.port.TransportException.Unreachable;
import dev.perennial.port.TransportException.Untrusted;
import dev.perennial.transport.netty.internal.address.HttpProxy;
import dev.perennial.transport.netty.internal.channel.NettyErrors;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.proxy.ProxyConnectException;
import io.netty.handler.ssl.NotSslRecordException;
import java.net.ConnectException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** Says what it means that a channel did not come about. */
final class OpenFailures {

  /** A chain of causes longer than this is taken for a cycle. */
  private static final int MAX_CAUSES = 32;

  /**
   * How TLS says that the two sides have no protocol or cipher in common: the alerts of RFC 8446,
   * section 6.2, under the JDK's and OpenSSL's names, and the JDK's own words where it finds out
   * itself.
   */
  private static final Pattern NOTHING_IN_COMMON =
      Pattern.compile(
          "handshake_failure|protocol_version|insufficient_security|unsupported_protocol"
              + "|no appropriate protocol|selected protocol version",
          Pattern.CASE_INSENSITIVE);

  private OpenFailures() {}

  /**
   * @param cause null if the peer ended the connection
   */
  static TransportException of(OpenAttempt attempt, @Nullable Throwable cause) {
    if (cause == null) {
      return new Unreachable(
          attempt.peer() + " ended the connection before it answered the handshake", null);
    }
    Throwable error = NettyErrors.unwrapped(cause);
    if (error instanceof SSLException) {
      return ofTls(attempt, error);
    }
    if (error instanceof ProxyConnectException) {
      return new Unreachable(
          attempt.peer() + " gave no connection to " + attempt.target() + message(error), error);
    }
    if (error instanceof ConnectException) {
      return new Unreachable("no connection to " + attempt.peer() + message(error), error);
    }
    return broken(attempt, error);
  }

  /** What waiting may mend, such as a server or balancer that restarts, is not distrust. */
  private static TransportException ofTls(OpenAttempt attempt, Throwable error) {
    if (error instanceof NotSslRecordException) {
      // Its message is what the peer sent, which may be anything, so it is not even the cause.
      return new Unreachable(
          attempt.target() + " answered with something that is not TLS: is it the right port?",
          null);
    }
    if (isDistrust(error)) {
      return new Untrusted(
          "TLS could not establish that it talks to " + attempt.target() + message(error), error);
    }
    return broken(attempt, error);
  }

  private static boolean isDistrust(Throwable error) {
    @Nullable Throwable cause = error;
    for (int i = 0; cause != null && i < MAX_CAUSES; i++, cause = cause.getCause()) {
      if (cause instanceof CertificateException
          || cause instanceof CertPathValidatorException
          || cause instanceof SSLPeerUnverifiedException
          || (cause instanceof SSLHandshakeException && isNothingInCommon(cause))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isNothingInCommon(Throwable error) {
    return error.getMessage() != null && NOTHING_IN_COMMON.matcher(error.getMessage()).find();
  }

  /** An HTTP proxy that does not give a tunnel. */
  static TransportException ofProxy(OpenAttempt attempt, HttpProxy proxy, HttpResponse response) {
    int status = response.status().code();
    return Rejected.byProxy(
        proxy.toString(),
        "the proxy "
            + proxy
            + " refused a tunnel to "
            + attempt.target()
            + " with status "
            + status
            + (status == 407
                ? ": give the builder's httpProxy the user and password that it wants"
                : ""),
        status,
        attempt.headers(response));
  }

  /** What answers does not speak HTTP, or not as we can read it. */
  static TransportException ofAnswer(OpenAttempt attempt, Throwable cause) {
    return new Unreachable(
        attempt.peer()
            + (cause instanceof TooLongFrameException
                ? " answered with more headers than fit into the limit"
                : " does not answer with HTTP"),
        cause);
  }

  private static TransportException broken(OpenAttempt attempt, Throwable error) {
    return new Unreachable(
        "the connection to "
            + attempt.peer()
            + " broke before the handshake was answered"
            + message(error),
        error);
  }

  private static String message(Throwable error) {
    return error.getMessage() == null ? "" : ": " + error.getMessage();
  }
}
