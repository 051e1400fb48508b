package dev.perennial.port;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A transport's failure, by what it means. Its message carries no credentials, and has a question
 * mark for each control or format character, so that a peer's words cannot forge a line of a log.
 */
public abstract sealed class TransportException extends IOException {

  private static final long serialVersionUID = 1;

  private TransportException(String message, @Nullable Throwable cause) {
    super(message.replaceAll("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]", "?"), cause);
  }

  /**
   * No connection came about: unknown host, refused, timed out, or ended before the handshake was
   * answered.
   */
  public static final class Unreachable extends TransportException {
    private static final long serialVersionUID = 1;

    public Unreachable(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * TLS could not establish whom it talks to: an untrusted, expired or foreign certificate, or no
   * common protocol.
   */
  public static final class Untrusted extends TransportException {
    private static final long serialVersionUID = 1;

    public Untrusted(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * A channel that was open ended without our closing it. The code is that of RFC 6455, section
   * 7.4; 1006 if the peer sent none because the connection broke, 1005 if its close frame had none.
   */
  public static final class Lost extends TransportException {
    private static final long serialVersionUID = 1;

    private final int code;
    private final String reason;

    public Lost(int code, String reason, @Nullable Throwable cause) {
      super("connection lost with code " + code + (reason.isEmpty() ? "" : ": " + reason), cause);
      this.code = code;
      this.reason = reason;
    }

    public int code() {
      return code;
    }

    /**
     * Whether a message broke the protocol (code 1002), or was text that is not UTF-8 (1007). If
     * the same message is sent on the next connection, that ends in the same way.
     */
    public boolean isProtocolError() {
      return code == 1002 || code == 1007;
    }

    /**
     * The peer's words as they came, or ours where it had none; may be empty. They may contain
     * anything, line ends included; in the exception's message such characters are escaped.
     */
    public String reason() {
      return reason;
    }
  }

  /**
   * The server, or a proxy on the way to it, answered with something other than what was asked for.
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
     * Makes an exception for the server's own refusal.
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
     * Makes an exception for a proxy's refusal.
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
      super(message, null);
      this.proxy = proxy;
      this.status = status;
      this.headers =
          headers.entrySet().stream()
              .collect(
                  Collectors.toUnmodifiableMap(
                      Map.Entry::getKey, header -> List.copyOf(header.getValue())));
      this.body = body.clone();
    }

    public int status() {
      return status;
    }

    /** The address of the proxy that answered in the server's place; empty if it was the server. */
    public Optional<String> proxy() {
      return Optional.ofNullable(proxy);
    }

    /** The response's headers, names in lower case. */
    public Map<String, List<String>> headers() {
      return headers;
    }

    /** The first value of a header, whose name is given in lower case. */
    public Optional<String> header(String name) {
      return headers.getOrDefault(name, List.of()).stream().findFirst();
    }

    /** The first 4 KiB of the response's body, as UTF-8. */
    public String body() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }
}
