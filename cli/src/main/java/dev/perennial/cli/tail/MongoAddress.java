package dev.perennial.cli.tail;

import com.mongodb.ConnectionString;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Connection strings. */
final class MongoAddress {

  private static final String SETTING = "serverSelectionTimeoutMS";

  private static final Duration LONGEST = Duration.ofSeconds(10);

  private MongoAddress() {}

  /**
   * The connection string with a time for the driver to look for a server in, unless it says one:
   * the driver's own 30 s are longer than a person waits without being told anything.
   */
  static String impatient(String address, Duration patience) {
    if (address.toLowerCase(Locale.ROOT).contains(SETTING.toLowerCase(Locale.ROOT))) {
      return address;
    }
    Duration third = patience.dividedBy(3);
    long millis = (third.compareTo(LONGEST) < 0 ? third : LONGEST).toMillis();
    return address + separator(address) + SETTING + '=' + millis;
  }

  /** Whether a connection string that is valid says who one is. Looks nothing up. */
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
