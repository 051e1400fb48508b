package dev.perennial.checkpoint.redis;

import dev.perennial.port.LibraryVersion;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;

/** What differs between the versions of Lettuce that this module supports. */
final class LettuceSupport {

  /** README.md and the property lettuce.lowest in the parent POM say the same. */
  private static final String LOWEST = "6.4.1";

  private static final String NOTIFICATIONS = "io.lettuce.core.MaintNotificationsConfig";

  private LettuceSupport() {}

  /**
   * Checks the version of Lettuce.
   *
   * @throws IllegalStateException if it is too old
   */
  static void requireVersion() {
    LibraryVersion.require(
        "Lettuce",
        RedisClient.class.getPackage().getImplementationVersion(),
        LOWEST,
        "lettuce.version");
  }

  /**
   * Keeps a client from asking the server to announce its maintenance, which Lettuce 7 does unless
   * told not to: the store replaces a lost connection itself. By reflection, because older versions
   * do not have it.
   */
  static void withoutMaintenanceNotifications(ClientOptions.Builder options) {
    try {
      Class<?> type = Class.forName(NOTIFICATIONS);
      ClientOptions.Builder.class
          .getMethod("maintNotificationsConfig", type)
          .invoke(options, type.getMethod("disabled").invoke(null));
    } catch (ReflectiveOperationException e) {
      // Lettuce 6 never asks for them.
    }
  }
}
