package dev.perennial.checkpoint.redis;

import io.lettuce.core.RedisURI;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Objects;

/** Reads addresses, of which no error repeats anything, because it may be the password. */
final class Address {

  private static final String NO_ADDRESS = "it takes a scheme such as redis://, a host, and a port";

  private Address() {}

  static RedisURI parse(String uri) {
    Objects.requireNonNull(uri, "uri");
    String why;
    try {
      new URI(uri);
      RedisURI parsed = RedisURI.create(uri);
      if (isWhole(parsed)) {
        return parsed;
      }
      why = NO_ADDRESS;
    } catch (URISyntaxException e) {
      why = e.getReason() + " at character " + (e.getIndex() + 1);
    } catch (RuntimeException e) {
      why = NO_ADDRESS;
    }
    // Neither the address nor the cause: both may have the password in them.
    throw new IllegalArgumentException(
        "The address of Redis is not one: " + why + ". Write it like redis://host:6379.");
  }

  /** Lettuce takes a port that is no number for a part of the name. */
  private static boolean isWhole(RedisURI uri) {
    String host = uri.getHost();
    boolean named =
        host != null && !host.isEmpty() && (host.indexOf(':') < 0 || host.contains("::"));
    return named || uri.getSocket() != null || !uri.getSentinels().isEmpty();
  }
}
