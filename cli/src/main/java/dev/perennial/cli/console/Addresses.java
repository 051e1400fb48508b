package dev.perennial.cli.console;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Shows addresses without what is secret in them. */
public final class Addresses {

  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://(.*)");
  private static final String HOST =
      "([\\p{L}\\p{M}\\p{N}._-]+|\\[[0-9A-Fa-f:.]+(%[A-Za-z0-9._~-]+)?])(:\\d+)?";
  private static final Pattern HOSTS =
      Pattern.compile(HOST + "(," + HOST + ")*(/[A-Za-z0-9._-]*)?");

  private Addresses() {}

  /**
   * The scheme, the hosts and the path of an address. Neither its user and password, which end at
   * the last {@code @} however badly they are escaped, nor its parameters, which may have secrets
   * as well. Where hosts cannot be told from the rest for sure, the scheme only.
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
