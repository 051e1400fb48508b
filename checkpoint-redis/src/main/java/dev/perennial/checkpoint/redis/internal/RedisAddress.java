package dev.perennial.checkpoint.redis.internal;

import io.lettuce.core.RedisURI;
import java.net.IDN;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads addresses, of which no error repeats anything, because it may be the password.
 *
 * <p>Lettuce reads all but the hosts, which it takes for something else where they are unusual: an
 * IPv6 address with a zone or in a list of Sentinels, a name in another script than Latin.
 */
public final class RedisAddress {

  private static final String NO_ADDRESS = "it takes a scheme such as redis://, a host, and a port";

  /** Up to the hosts, the hosts with their ports, and what comes behind them. */
  private static final Pattern PARTS = Pattern.compile("([^/?#]+://(?:[^/?#]*@)?)([^/?#]*)(.*)");

  private static final Pattern HOST = Pattern.compile("(\\[[^\\[\\]]+]|[^:\\[\\]]+)(:[0-9]*)?");

  /** An IPv6 address and its zone (RFC 6874). */
  private static final Pattern IPV6 = Pattern.compile("([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(%.+)?");

  /**
   * Sharp s, final sigma and the joiners: {@link IDN} maps or drops them (RFC 3490), while newer
   * clients keep them (RFC 5891), so that the name could be another owner's.
   */
  private static final Pattern AMBIGUOUS = Pattern.compile("[\\u00DF\\u1E9E\\u03C2\\u200C\\u200D]");

  /** What a name may consist of once it is in ASCII: RFC 3986, section 3.2.2. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._~!$&'()*+;=-]+");

  private RedisAddress() {}

  public static RedisURI parse(String uri) {
    Objects.requireNonNull(uri, "uri");
    Matcher parts = PARTS.matcher(uri);
    String why = NO_ADDRESS;
    try {
      return parts.matches() && !parts.group(2).isEmpty()
          ? parse(parts.group(1), parts.group(2), parts.group(3))
          : socket(RedisURI.create(uri));
    } catch (URISyntaxException e) {
      why = e.getReason();
    } catch (RuntimeException e) {
      // Neither it nor the address as the cause: both may have the password in them.
    }
    throw new IllegalArgumentException(
        "The address of Redis is not one: " + why + ". Write it like redis://host:6379.");
  }

  private static RedisURI socket(RedisURI parsed) {
    if (parsed.getSocket() == null) {
      throw new IllegalArgumentException(NO_ADDRESS);
    }
    return parsed;
  }

  /** Has Lettuce read the address with other hosts, and then puts the right ones there. */
  private static RedisURI parse(String before, String hosts, String after)
      throws URISyntaxException {
    List<String> names = new ArrayList<>();
    StringBuilder inTheirPlace = new StringBuilder();
    for (String given : hosts.split(",", -1)) {
      Matcher host = HOST.matcher(given);
      if (!host.matches()) {
        throw new IllegalArgumentException(NO_ADDRESS);
      }
      String port = Objects.requireNonNullElse(host.group(2), "");
      inTheirPlace.append(names.isEmpty() ? "" : ",").append('h').append(names.size());
      inTheirPlace.append(port.equals(":") ? "" : port);
      names.add(name(host.group(1)));
    }
    String address = before + inTheirPlace + after;
    new URI(address);
    RedisURI parsed = RedisURI.create(address);
    List<RedisURI> sentinels = parsed.getSentinels();
    if (names.size() != Math.max(1, sentinels.size())) {
      throw new IllegalArgumentException(NO_ADDRESS);
    }
    if (sentinels.isEmpty()) {
      parsed.setHost(names.get(0));
    }
    for (int i = 0; i < sentinels.size(); i++) {
      sentinels.get(i).setHost(names.get(i));
    }
    return parsed;
  }

  private static String name(String host) throws URISyntaxException {
    if (!host.startsWith("[")) {
      // Decodes what is percent-encoded.
      String decoded = Objects.requireNonNull(new URI("redis://" + host).getAuthority());
      if (AMBIGUOUS.matcher(decoded).find()) {
        // Its reason is shown, and not the address.
        throw new URISyntaxException(
            "",
            "a host has a letter that not all clients write alike in ASCII, so give it as xn--");
      }
      String name = IDN.toASCII(decoded);
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(NO_ADDRESS);
      }
      return name;
    }
    Matcher address = IPV6.matcher(host.substring(1, host.length() - 1));
    if (!address.matches() || !isAddress(address.group(1))) {
      throw new IllegalArgumentException(NO_ADDRESS);
    }
    String zone = Objects.requireNonNullElse(address.group(2), "");
    // RFC 6874 writes the percent sign as %25; Java takes it as it is.
    return address.group(1) + zone.replaceFirst("^%25(?=.)", "%");
  }

  /** Looks nothing up: a colon makes it an address or nothing. */
  private static boolean isAddress(String text) {
    try {
      return InetAddress.getByName('[' + text + ']') != null;
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** The address that a host is if it has a zone, of which Netty knows nothing; else none. */
  static InetAddress[] zoned(String host) throws UnknownHostException {
    return host.indexOf('%') < 0 ? new InetAddress[0] : InetAddress.getAllByName(host);
  }

  /** A host and its port as they are shown. */
  static String shown(RedisURI uri) {
    String host = uri.getHost();
    return (host.indexOf(':') < 0 ? host : '[' + host + ']') + ':' + uri.getPort();
  }
}
