package dev.perennial.checkpoint.redis.internal;

import dev.perennial.port.support.LibraryVersion;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import org.jspecify.annotations.Nullable;

/** The differences between the versions of Lettuce that this module supports. */
public final class LettuceSupport {

  /** README.md and the property lettuce.lowest in the parent POM say the same. */
  private static final String LOWEST = "6.4.1";

  /** Lettuce 7 uses classes that Netty 4.1 does not have. */
  private static final String LOWEST_NETTY_OF_7 = "4.2.0";

  private static final String NETTY_CLASS = "io.netty.channel.EventLoopGroup";

  private static final String NOTIFICATIONS = "io.lettuce.core.MaintNotificationsConfig";

  private LettuceSupport() {}

  /**
   * Checks the version of Lettuce, and of the Netty that it needs.
   *
   * @throws IllegalStateException if one is too old
   */
  public static void requireVersion() {
    String lettuce = LibraryVersion.of(RedisClient.class, "Lettuce");
    LibraryVersion.require("Lettuce", lettuce, LOWEST, "lettuce.version");
    if (lettuce != null && !lettuce.startsWith("6.")) {
      LibraryVersion.require(
          "Lettuce " + lettuce + " with Netty", nettyVersion(), LOWEST_NETTY_OF_7, "netty.version");
    }
  }

  /** Reads the version by class name, because nothing else in this module depends on Netty. */
  private static @Nullable String nettyVersion() {
    try {
      return LibraryVersion.of(Class.forName(NETTY_CLASS), "Netty/Transport");
    } catch (ClassNotFoundException e) {
      return null;
    }
  }

  /**
   * Turns off maintenance notifications, which Lettuce 7 requests by default: the store replaces a
   * lost connection itself. Uses reflection because older versions lack the setting.
   */
  static void withoutMaintenanceNotifications(ClientOptions.Builder options) {
    try {
      Class<?> type = Class.forName(NOTIFICATIONS);
      ClientOptions.Builder.class
          .getMethod("maintNotificationsConfig", type)
          .invoke(options, type.getMethod("disabled").invoke(null));
    } catch (ReflectiveOperationException e) {
      // Lettuce 6 never requests them.
    }
  }
}
