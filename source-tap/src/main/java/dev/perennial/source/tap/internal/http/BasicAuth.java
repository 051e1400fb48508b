package dev.perennial.source.tap.internal.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tap's password, as HTTP Basic authentication of the user {@code admin} (RFC 7617, in UTF-8). */
public final class BasicAuth {

  private static final String USER = "admin";
  private static final String SCHEME = "Basic ";

  private final byte[] credentials;
  private final List<String> secrets;

  public BasicAuth(String password) {
    this.credentials = (USER + ':' + password).getBytes(StandardCharsets.UTF_8);
    String encoded = Base64.getEncoder().encodeToString(credentials);
    this.secrets = password.isEmpty() ? List.of(encoded) : List.of(encoded, password);
  }

  /** The value of the header {@code Authorization}. */
  public String header() {
    return SCHEME + secrets.get(0);
  }

  /** Whether a header is ours, in a time that does not tell how much of it is. */
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

  /** What must not be shown: the password, and what is made of it. */
  public List<String> secrets() {
    return secrets;
  }

  @Override
  public String toString() {
    return "BasicAuth";
  }
}
