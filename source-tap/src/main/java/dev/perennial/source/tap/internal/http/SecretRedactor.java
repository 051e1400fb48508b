package dev.perennial.source.tap.internal.http;

import dev.perennial.port.LogText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What must not be shown of that which a caller gave: the password, and the headers' values. */
public final class SecretRedactor {

  private static final int LIMIT = 200;
  private static final String INSTEAD = "***";

  /** The longest first, since one may be part of another. */
  private final List<String> all;

  private SecretRedactor(List<String> all) {
    this.all = all;
  }

  /**
   * @param headers those that are sent, of which only the user agent is no secret
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

  /** Somebody else's words, short and without our secrets, should they have been repeated. */
  public String clean(String words) {
    return LogText.brief(redact(words.strip()), LIMIT);
  }

  private String redact(String words) {
    String redacted = words;
    for (String secret : all) {
      redacted = redacted.replace(secret, INSTEAD);
    }
    return redacted;
  }

  /** The credentials may be repeated without the scheme, such as Bearer (RFC 9110, 11.4). */
  private static String withoutScheme(String value) {
    int space = value.indexOf(' ');
    return space < 0 ? value : value.substring(space).strip();
  }

  @Override
  public String toString() {
    return "SecretRedactor";
  }
}
