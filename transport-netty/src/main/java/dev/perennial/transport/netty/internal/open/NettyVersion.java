package dev.perennial.transport.netty.internal.open;

import dev.perennial.port.support.LibraryVersion;
import io.netty.util.Version;
import java.util.List;
import java.util.Map;

/** Check of the Netty version on the class path. */
public final class NettyVersion {

  /** README.md and the property netty.lowest in the parent POM say the same. */
  private static final String LOWEST = "4.1.115";

  private static final List<String> ARTIFACTS =
      List.of(
          "netty-common",
          "netty-buffer",
          "netty-transport",
          "netty-codec-http",
          "netty-handler",
          "netty-handler-proxy");

  private NettyVersion() {}

  /**
   * Checks the artifacts that this module uses, each of which says its own version.
   *
   * @throws IllegalStateException if one is too old
   */
  public static void require() {
    Map<String, Version> found = Version.identify(NettyVersion.class.getClassLoader());
    for (String artifact : ARTIFACTS) {
      Version version = found.get(artifact);
      if (version != null) {
        LibraryVersion.require(artifact, version.artifactVersion(), LOWEST, "netty.version");
      }
    }
  }
}
