package dev.perennial.port;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The error of a transport that could not open a channel, or lost an open one. Its message carries
 * no credentials, and has a question mark for each control or format character, so that a peer
 * cannot forge a line of a log.
 */
public abstract sealed class TransportException extends IOException {

  private static final long serialVersionUID = 1;

  /** Why a transport failed. Each reason has a class, which carries its details. */
  public enum Reason {
    /** No connection could be made; see {@link Unreachable}. */
    UNREACHABLE("unreachable"),
    /** TLS could not verify the server; see {@link Untrusted}. */
    UNTRUSTED("untrusted"),
    /** An open channel ended; see {@link Lost}. */
    LOST("lost"),
    /** The server or a proxy refused the handshake; see {@link Rejected}. */
    REJECTED("rejected");

    private final String tag;

    Reason(String tag) {
      this.tag = tag;
    }

    /** Returns a stable name, for logs, metrics and alerts. */
    public String tag() {
      return tag;
    }
  }

  private final Reason reason;

  private TransportException(Reason reason, String message, @Nullable Throwable cause) {
    super(message.replaceAll("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]", "?"), cause);
    this.reason = reason;
  }

  /** Returns why the transport failed. */
  public Reason reason() {
    return reason;
  }

  /**
   * The error of a connection that could not be made: the host is unknown, it refused, it did not
   * answer in time, or it ended the connection before it answered the handshake.
   */
  public static final class Unreachable extends TransportException {
    private static final long serialVersionUID = 1;

    public Unreachable(String message, @Nullable Throwable cause) {
      super(Reason.UNREACHABLE, message, cause);
    }
  }

  /**
   * The error of a server that TLS could not verify: its certificate is untrusted, expired or for
   * another host, or both sides have no protocol in common.
   */
  public static final class Untrusted extends TransportException {
    private static final long serialVersionUID = 1;

    public Untrusted(String message, @Nullable Throwable cause) {
      super(Reason.UNTRUSTED, message, cause);
    }
  }

  /** The error of an open channel that ended although this side had not closed it. */
  public static final class Lost extends TransportException {
    private static final long serialVersionUID = 1;

    private final int closeCode;
    private final String closeReason;

    public Lost(int closeCode, String closeReason, @Nullable Throwable cause) {
      super(
          Reason.LOST,
          "connection lost with code "
              + closeCode
              + (closeReason.isEmpty() ? "" : ": " + closeReason),
          cause);
      this.closeCode = closeCode;
      this.closeReason = closeReason;
    }

    /**
     * Returns the close code of RFC 6455, section 7.4: 1006 if the connection broke without a close
     * frame, 1005 if the close frame had no code.
     */
    public int closeCode() {
      return closeCode;
    }

    /**
     * Returns whether a message violated the protocol (code 1002), or was text that is not UTF-8
     * (1007). If the peer sends the same message on the next connection, that one ends too.
     */
    public boolean isProtocolError() {
      return closeCode == 1002 || closeCode == 1007;
    }

    /**
     * Returns the reason in the peer's close frame, unchanged, or the transport's own if there was
     * none; may be empty. It may contain control characters; the exception's message does not.
     */
    public String closeReason() {
      return closeReason;
    }
  }

  /**
   * The error of a handshake that the server, or a proxy before it, answered with something other
   * than a WebSocket.
   */
  public static final class Rejected extends TransportException {
    private static final long serialVersionUID = 1;

    private final int status;

    // Map.copyOf and List.copyOf are serializable, which the type of the field does not say.
    @SuppressWarnings("serial")
    private final Map<String, List<String>> headers;

    private final byte[] body;
    private final @Nullable String proxy;

    /**
     * Creates an exception for the server's own refusal.
     *
     * @param message who refused what, and why
     * @param status the HTTP status
     * @param headers the response's headers, names in lower case
     * @param body the first 4 KiB of the response's body
     */
    public Rejected(String message, int status, Map<String, List<String>> headers, byte[] body) {
      this(message, status, headers, body, null);
    }

    /**
     * Creates an exception for a proxy's refusal.
     *
     * @param proxy the proxy's address, without credentials
     * @param message who refused what, and why
     * @param status the HTTP status
     * @param headers the response's headers, names in lower case
     */
    public static Rejected byProxy(
        String proxy, String message, int status, Map<String, List<String>> headers) {
      return new Rejected(message, status, headers, new byte[0], proxy);
    }

    private Rejected(
        String message,
        int status,
        Map<String, List<String>> headers,
        byte[] body,
        @Nullable String proxy) {
      super(Reason.REJECTED, message, null);
      this.proxy = proxy;
      this.status = status;
      this.headers =
          headers.entrySet().stream()
              .collect(
                  Collectors.toUnmodifiableMap(
                      Map.Entry::getKey, header -> List.copyOf(header.getValue())));
      this.body = body.clone();
    }

    /** Returns the HTTP status of the answer. */
    public int status() {
      return status;
    }

    /** Returns the address of the proxy that answered; empty if the server answered. */
    public Optional<String> proxy() {
      return Optional.ofNullable(proxy);
    }

    /** Returns the response's headers, names in lower case. */
    public Map<String, List<String>> headers() {
      return headers;
    }

    /**
     * Returns the first value of a header.
     *
     * @param name the header's name in lower case
     */
    public Optional<String> header(String name) {
      return headers.getOrDefault(name, List.of()).stream().findFirst();
    }

    /** Returns the first 4 KiB of the response's body, decoded as UTF-8. */
    public String body() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }
}
