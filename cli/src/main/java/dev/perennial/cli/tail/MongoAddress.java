package dev.perennial.cli.tail;

import com.mongodb.ConnectionString;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Completes and checks connection strings of MongoDB. */
final class MongoAddress {

  private static final String OPTION = "serverSelectionTimeoutMS";

  private static final Duration MAX_TIMEOUT = Duration.ofSeconds(10);

  private MongoAddress() {}

  /**
   * Adds a server selection timeout, unless the connection string has one. The driver's default of
   * 30 s is longer than a user waits without a message.
   */
  static String withSelectionTimeout(String address, Duration timeout) {
    if (address.toLowerCase(Locale.ROOT).contains(OPTION.toLowerCase(Locale.ROOT))) {
      return address;
    }
    Duration third = timeout.dividedBy(3);
    long millis = (third.compareTo(MAX_TIMEOUT) < 0 ? third : MAX_TIMEOUT).toMillis();
    return address + separator(address) + OPTION + '=' + millis;
  }

  /** Returns whether a valid connection string has credentials. Makes no DNS lookup. */
  static boolean hasCredentials(String address) {
    return new ConnectionString(address, (name, type) -> List.of()).getCredential() != null;
  }

  private static String separator(String address) {
    if (address.contains("?")) {
      return address.endsWith("?") || address.endsWith("&") ? "" : "&";
    }
    int hosts = address.lastIndexOf('@') + 1;
    int scheme = address.indexOf("://");
    return address.indexOf('/', Math.max(hosts, scheme + 3)) < 0 ? "/?" : "?";
  }
}
