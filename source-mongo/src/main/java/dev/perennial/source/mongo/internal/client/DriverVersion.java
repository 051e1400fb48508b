package dev.perennial.source.mongo.internal.client;

import dev.perennial.port.support.LibraryVersion;
import org.jspecify.annotations.Nullable;

/** Checks that the class path has a driver that this module can use. */
public final class DriverVersion {

  /** README.md and the property mongodb.lowest in the parent POM say the same. */
  private static final String LOWEST = "5.2.0";

  /**
   * A class of the driver, because the manifests of its jars have no version that the JVM reads.
   */
  private static final String HOLDER = "com.mongodb.internal.build.MongoDriverVersion";

  private DriverVersion() {}

  /**
   * Checks the version of the driver.
   *
   * @throws IllegalStateException if it is too old
   */
  public static void require() {
    LibraryVersion.require("the MongoDB driver", found(), LOWEST, "mongodb.version");
  }

  /** By reflection: the compiler would copy the constant of the driver that we build with. */
  private static @Nullable String found() {
    try {
      return (String) Class.forName(HOLDER).getField("VERSION").get(null);
    } catch (ReflectiveOperationException | ClassCastException e) {
      return null;
    }
  }
}
