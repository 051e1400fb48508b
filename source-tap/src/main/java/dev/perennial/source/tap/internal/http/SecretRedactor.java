package dev.perennial.source.tap.internal.http;

import dev.perennial.port.support.LogText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A redactor of the password and the headers' values in text from outside, such as a server's.
 * Immutable.
 */
public final class SecretRedactor {

  /** The most characters shown of such a text. */
  private static final int LIMIT = 200;

  private static final String REPLACEMENT = "***";

  /** The secrets, the longest first, because one may be part of another. */
  private final List<String> all;

  private SecretRedactor(List<String> all) {
    this.all = all;
  }

  /**
   * Makes a redactor.
   *
   * @param headers the headers that are sent; the value of each but the user agent is secret
   */
  public static SecretRedactor of(Map<String, String> headers, @Nullable BasicAuth auth) {
    List<String> all = new ArrayList<>();
    if (auth != null) {
      all.addAll(auth.secrets());
    }
    headers.forEach((name, value) -> {
      if (!name.equalsIgnoreCase(RequestHeaders.USER_AGENT)) {
        all.add(value.strip());
        if (name.toLowerCase(Locale.ROOT).endsWith("authorization")) {
          all.add(withoutScheme(value.strip()));
        }
      }
    });
    all.removeIf(String::isEmpty);
    all.sort(Comparator.comparingInt(String::length).reversed());
    return new SecretRedactor(List.copyOf(all));
  }

  /** Returns a text on one line, without the secrets and cut to 200 characters. */
  public String clean(String words) {
    return LogText.brief(redact(words.strip()), LIMIT);
  }

  private String redact(String words) {
    String redacted = words;
    for (String secret : all) {
      redacted = redacted.replace(secret, REPLACEMENT);
    }
    return redacted;
  }

  /** Returns credentials without their scheme, such as Bearer (RFC 9110, section 11.4). */
  private static String withoutScheme(String value) {
    int space = value.indexOf(' ');
    return space < 0 ? value : value.substring(space).strip();
  }

  @Override
  public String toString() {
    return "SecretRedactor";
  }
}
