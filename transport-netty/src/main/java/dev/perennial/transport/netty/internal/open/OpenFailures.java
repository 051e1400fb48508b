package dev.perennial.transport.netty.internal.open;

import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Rejected;
import dev.perennial.port.TransportException.Unreachable;
import dev.perennial.port.TransportException.Untrusted;
import dev.perennial.port.support.LogText;
import dev.perennial.transport.netty.internal.address.HttpProxy;
import dev.perennial.transport.netty.internal.channel.NettyErrors;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
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

/** A factory of the exceptions for a channel that cannot be opened. */
final class OpenFailures {

  /** The longest chain of causes that is searched; a longer one may be a cycle. */
  private static final int MAX_CAUSES = 32;

  /**
   * Texts of TLS errors that mean that the two sides have no protocol or cipher in common: the
   * alerts of RFC 8446, section 6.2, by the JDK's and OpenSSL's names, and the JDK's own message if
   * it detects this itself.
   */
  private static final Pattern NOTHING_IN_COMMON =
      Pattern.compile(
          "handshake_failure|protocol_version|insufficient_security|unsupported_protocol"
              + "|no appropriate protocol|selected protocol version",
          Pattern.CASE_INSENSITIVE);

  private static final String CHECK_SERVER = ". Check that a WebSocket server runs there.";

  private OpenFailures() {}

  /**
   * Returns the exception for an error while a channel is opened.
   *
   * @param cause null if the peer ended the connection
   */
  static TransportException of(OpenAttempt attempt, @Nullable Throwable cause) {
    if (cause == null) {
      return new Unreachable(
          cannotOpen(attempt)
              + attempt.peer()
              + " ended the connection before it answered the handshake"
              + CHECK_SERVER,
          null);
    }
    Throwable error = NettyErrors.unwrapped(cause);
    if (error instanceof SSLException) {
      return ofTls(attempt, error);
    }
    if (error instanceof ProxyConnectException) {
      return new Unreachable(
          cannotOpen(attempt)
              + attempt.peer()
              + " gave no connection"
              + reason(error)
              + ". Check the proxy's settings, and that the server runs there.",
          error);
    }
    if (error instanceof ConnectException) {
      return new Unreachable(
          "Cannot connect to "
              + attempt.destination()
              + ": "
              + NettyErrors.reason(error)
              + ". Check that it runs there.",
          error);
    }
    return broken(attempt, error);
  }

  /**
   * Distinguishes an untrusted certificate, which is permanent, from errors that may be transient,
   * for example while a server restarts.
   */
  private static TransportException ofTls(OpenAttempt attempt, Throwable error) {
    if (error instanceof NotSslRecordException) {
      // The error is not the cause, because its message contains what the peer sent, which can be
      // anything.
      return new Unreachable(
          cannotOpen(attempt) + "the answer is not TLS. Check that it is the right port.", null);
    }
    if (isDistrust(error)) {
      return new Untrusted(
          "Cannot establish by TLS that the server is "
              + attempt.target()
              + ": "
              + NettyErrors.reason(error)
              + ". Check its certificate, or set whom to trust with NettyTransportBuilder.trust().",
          error);
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

  /** Returns the exception for an HTTP proxy that refuses the tunnel. */
  static TransportException ofProxy(OpenAttempt attempt, HttpProxy proxy, HttpResponse response) {
    int status = response.status().code();
    return Rejected.byProxy(
        proxy.toString(),
        cannotOpen(attempt)
            + "the proxy "
            + proxy
            + " refused a tunnel with status "
            + status
            + (status == 407
                ? ". Set its user and password with NettyTransportBuilder.httpProxy()."
                : afterStatus(response, ". Check the proxy's settings.")),
        status,
        attempt.headers(response));
  }

  /** Returns the exception for a server's answer that refuses the channel. */
  static TransportException ofRefusal(OpenAttempt attempt, HttpResponse response, byte[] body) {
    int status = response.status().code();
    return new Rejected(
        cannotOpen(attempt)
            + "the server answered the handshake with status "
            + status
            + afterStatus(response, ". Check that the address is that of a WebSocket."),
        status,
        attempt.headers(response),
        body);
  }

  /** Returns the exception for a server's answer that agrees to the upgrade, but is not valid. */
  static TransportException ofInvalidAgreement(
      OpenAttempt attempt, HttpResponse response, byte[] body, Throwable cause) {
    return new Rejected(
        cannotOpen(attempt)
            + "the server agreed to the upgrade, but its answer is wrong"
            + reason(cause)
            + CHECK_SERVER,
        response.status().code(),
        attempt.headers(response),
        body);
  }

  /** Returns the exception for an answer that is not HTTP, or cannot be read. */
  static TransportException ofAnswer(OpenAttempt attempt, Throwable cause) {
    return new Unreachable(
        cannotOpen(attempt)
            + attempt.peer()
            + (cause instanceof TooLongFrameException
                ? " answered with more headers than fit into the limit"
                : " does not answer with HTTP")
            + CHECK_SERVER,
        cause);
  }

  private static TransportException broken(OpenAttempt attempt, Throwable error) {
    return new Unreachable(
        cannotOpen(attempt)
            + "the connection to "
            + attempt.peer()
            + " broke before the handshake was answered"
            + reason(error)
            + CHECK_SERVER,
        error);
  }

  private static String cannotOpen(OpenAttempt attempt) {
    return "Cannot open a channel to " + attempt.target() + ": ";
  }

  private static String reason(Throwable error) {
    return error.getMessage() == null ? "" : " (" + NettyErrors.reason(error) + ')';
  }

  /** Returns the end of a message: the target of a redirect, or else what to do. */
  private static String afterStatus(HttpResponse response, String whatToDo) {
    String location = response.headers().get(HttpHeaderNames.LOCATION);
    return response.status().codeClass() == HttpStatusClass.REDIRECTION && location != null
        ? ", which points to " + LogText.address(location) + ". Use that address."
        : whatToDo;
  }
}
