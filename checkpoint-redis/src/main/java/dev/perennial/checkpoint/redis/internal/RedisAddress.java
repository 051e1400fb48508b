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
 * A parser of Redis addresses. No error repeats any part of an address, because it may be the
 * password.
 *
 * <p>Lettuce parses everything except the hosts, of which it misreads unusual ones: an IPv6 address
 * with a zone or in a list of Sentinels, and a name in a script other than Latin.
 */
public final class RedisAddress {

  private static final String NO_ADDRESS = "it needs a scheme such as redis://, a host, and a port";

  /** The part before the hosts, the hosts with their ports, and the part after them. */
  private static final Pattern PARTS = Pattern.compile("([^/?#]+://(?:[^/?#]*@)?)([^/?#]*)(.*)");

  private static final Pattern HOST = Pattern.compile("(\\[[^\\[\\]]+]|[^:\\[\\]]+)(:[0-9]*)?");

  /** An IPv6 address and its zone (RFC 6874). */
  private static final Pattern IPV6 = Pattern.compile("([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(%.+)?");

  /**
   * Sharp s, final sigma and the joiners: {@link IDN} maps or drops them (RFC 3490), while newer
   * clients keep them (RFC 5891), so the name could lead to another host.
   */
  private static final Pattern AMBIGUOUS = Pattern.compile("[\\u00DF\\u1E9E\\u03C2\\u200C\\u200D]");

  /** The characters of a host name in ASCII: RFC 3986, section 3.2.2. */
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
      // The error and the address may contain the password, so neither becomes the cause.
    }
    throw new IllegalArgumentException(
        "Cannot read the address of Redis: " + why + ". Write it like redis://host:6379.");
  }

  private static RedisURI socket(RedisURI parsed) {
    if (parsed.getSocket() == null) {
      throw new IllegalArgumentException(NO_ADDRESS);
    }
    return parsed;
  }

  /** Lets Lettuce parse the address with placeholders as hosts, then sets the real hosts. */
  private static RedisURI parse(String before, String hosts, String after)
      throws URISyntaxException {
    List<String> names = new ArrayList<>();
    StringBuilder placeholders = new StringBuilder();
    for (String given : hosts.split(",", -1)) {
      Matcher host = HOST.matcher(given);
      if (!host.matches()) {
        throw new IllegalArgumentException(NO_ADDRESS);
      }
      String port = Objects.requireNonNullElse(host.group(2), "");
      placeholders.append(names.isEmpty() ? "" : ",").append('h').append(names.size());
      placeholders.append(port.equals(":") ? "" : port);
      names.add(name(host.group(1)));
    }
    String address = before + placeholders + after;
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
      // Decodes percent-encoded characters.
      String decoded = Objects.requireNonNull(new URI("redis://" + host).getAuthority());
      if (AMBIGUOUS.matcher(decoded).find()) {
        // The message shows the reason only, not the address.
        throw new URISyntaxException(
            "", "a host has a letter that clients encode in different ways, so write it as xn--");
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
    // RFC 6874 encodes the percent sign as %25; Java expects it plain.
    return address.group(1) + zone.replaceFirst("^%25(?=.)", "%");
  }

  /** Returns whether it is an IPv6 address. With its colon it is never looked up as a name. */
  private static boolean isAddress(String text) {
    try {
      return InetAddress.getByName('[' + text + ']') != null;
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** Resolves a host with a zone, which Netty cannot; returns nothing for other hosts. */
  static InetAddress[] zoned(String host) throws UnknownHostException {
    return host.indexOf('%') < 0 ? new InetAddress[0] : InetAddress.getAllByName(host);
  }

  /** Formats a host and its port for messages. */
  static String shown(RedisURI uri) {
    String host = uri.getHost();
    return (host.indexOf(':') < 0 ? host : '[' + host + ']') + ':' + uri.getPort();
  }
}
