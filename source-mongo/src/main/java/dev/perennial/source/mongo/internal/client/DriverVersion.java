package dev.perennial.source.mongo.internal.client;

import dev.perennial.port.support.LibraryVersion;
import org.jspecify.annotations.Nullable;

/** A check that the class path has a driver that this module supports. */
public final class DriverVersion {

  /**
   * The oldest supported version. README.md and the property mongodb.lowest in the parent POM
   * repeat it.
   */
  private static final String LOWEST = "5.2.0";

  /**
   * The driver class that contains the version, because the manifests of the driver's jars have no
   * version that the JVM reads.
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

  /**
   * Reads the constant by reflection, because the compiler would inline the constant of the driver
   * at build time.
   */
  private static @Nullable String found() {
    try {
      return (String) Class.forName(HOLDER).getField("VERSION").get(null);
    } catch (ReflectiveOperationException | ClassCastException e) {
      return null;
    }
  }
}
