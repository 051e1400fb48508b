package dev.perennial.simulators.redis;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import redis.embedded.Redis;

/** Finds a {@code redis-server} to run. */
final class RedisBinary {

  /** What the library carries, by system and processor: 6.2.11, 6.2.6, 6.2.7 or 5.0.14. */
  private static final Map<String, String> CARRIED =
      Map.of(
          "linux-amd64", "redis-server-6.2.6-v5-linux-amd64",
          "linux-arm64", "redis-server-6.2.7-linux-arm64",
          "linux-386", "redis-server-6.2.7-linux-386",
          "darwin-amd64", "redis-server-6.2.6-v5-darwin-amd64",
          "darwin-arm64", "redis-server-6.2.6-v5-darwin-arm64",
          "windows-amd64", "redis-server-5.0.14.1-windows-amd64.exe");

  private RedisBinary() {}

  /**
   * The one on the PATH, or else the one that the library carries.
   *
   * @param directory where the latter is put
   */
  static Path find(Path directory) throws IOException {
    String name = "redis-server" + (system().equals("windows") ? ".exe" : "");
    for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
      Path candidate = Path.of(folder, name);
      if (!folder.isEmpty() && Files.isExecutable(candidate)) {
        return candidate;
      }
    }
    return extract(directory);
  }

  /** Unpacks the one that the library carries. */
  static Path extract(Path directory) throws IOException {
    String platform = system() + "-" + processor();
    String resource = CARRIED.get(platform);
    if (resource == null) {
      throw new IOException(
          "No redis-server is on the PATH, and none is carried for "
              + platform
              + "; install Redis.");
    }
    Path file = directory.resolve(resource);
    try (InputStream in = Redis.class.getResourceAsStream("/" + resource)) {
      if (in == null) {
        throw new IOException("The library that carries redis-server has no " + resource + ".");
      }
      Files.copy(in, file);
    }
    if (!file.toFile().setExecutable(true)) {
      throw new IOException(file + " cannot be made executable.");
    }
    return file;
  }

  private static String system() {
    String name = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    if (name.startsWith("windows")) {
      return "windows";
    }
    return name.startsWith("mac") ? "darwin" : "linux";
  }

  private static String processor() {
    return switch (System.getProperty("os.arch")) {
      case "aarch64" -> "arm64";
      case "x86", "i386" -> "386";
      default -> "amd64";
    };
  }
}
