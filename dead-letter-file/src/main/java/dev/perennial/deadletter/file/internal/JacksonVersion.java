package dev.perennial.deadletter.file.internal;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.perennial.port.support.LibraryVersion;
import tools.jackson.databind.cfg.PackageVersion;

/** A check of the Jackson version on the class path. */
public final class JacksonVersion {

  /**
   * The oldest supported version. README.md and the property jackson.lowest in the parent POM
   * repeat it.
   */
  private static final String LOWEST = "3.0.0";

  private static final String PROPERTY = "jackson-bom.version";

  private JacksonVersion() {}

  /**
   * Checks Jackson 3 and its annotations. Jackson 2 uses the same annotations, so a framework that
   * brings Jackson 2 chooses their version.
   *
   * @throws IllegalStateException if one is too old
   */
  public static void require() {
    String databind = PackageVersion.VERSION.toString();
    LibraryVersion.require("Jackson", databind, LOWEST, PROPERTY);
    LibraryVersion.require(
        "Jackson " + databind + " with jackson-annotations",
        LibraryVersion.of(JsonProperty.class, "Jackson-annotations"),
        databind.startsWith("3.0.") ? "2.20" : "2.21",
        PROPERTY);
  }
}
