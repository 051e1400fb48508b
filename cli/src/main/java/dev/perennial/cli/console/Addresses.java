package dev.perennial.cli.console;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Removes secrets from addresses. */
public final class Addresses {

  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://(.*)");
  private static final String HOST =
      "([\\p{L}\\p{M}\\p{N}._-]+|\\[[0-9A-Fa-f:.]+(%[A-Za-z0-9._~-]+)?])(:\\d+)?";
  private static final Pattern HOSTS =
      Pattern.compile(HOST + "(," + HOST + ")*(/[A-Za-z0-9._-]*)?");

  private Addresses() {}

  /**
   * Returns the scheme, the hosts and the path of an address. Leaves out the user and the password,
   * which end at the last {@code @} even if they are not escaped correctly, and the parameters,
   * which may contain secrets as well. If the hosts cannot be recognized, returns the scheme only.
   */
  public static String withoutSecrets(String address) {
    Matcher matcher = SCHEME.matcher(address);
    if (!matcher.matches()) {
      return "(an address without a scheme)";
    }
    return matcher.group(1) + "://" + hosts(matcher.group(2)).orElse("…");
  }

  private static Optional<String> hosts(String rest) {
    String hosts = rest.substring(rest.lastIndexOf('@') + 1).replaceFirst("[?#].*", "");
    return HOSTS.matcher(hosts).matches() ? Optional.of(hosts) : Optional.empty();
  }
}
