package dev.perennial.source.tap.internal.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * HTTP Basic authentication of the user {@code admin} with Tap's password (RFC 7617, in UTF-8).
 * Immutable.
 */
public final class BasicAuth {

  private static final String USER = "admin";
  private static final String SCHEME = "Basic ";

  private final byte[] credentials;
  private final List<String> secrets;

  /** Makes the credentials of a password. */
  public BasicAuth(String password) {
    this.credentials = (USER + ':' + password).getBytes(StandardCharsets.UTF_8);
    String encoded = Base64.getEncoder().encodeToString(credentials);
    this.secrets = password.isEmpty() ? List.of(encoded) : List.of(encoded, password);
  }

  /** Returns the value of the header {@code Authorization}. */
  public String header() {
    return SCHEME + secrets.get(0);
  }

  /** Returns whether a header has these credentials; takes the same time for every wrong one. */
  public boolean matches(@Nullable String header) {
    if (header == null || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return false;
    }
    try {
      byte[] given = Base64.getDecoder().decode(header.substring(SCHEME.length()).strip());
      return MessageDigest.isEqual(credentials, given);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Returns the texts that must not be shown: the password and its encoded form. */
  public List<String> secrets() {
    return secrets;
  }

  @Override
  public String toString() {
    return "BasicAuth";
  }
}
