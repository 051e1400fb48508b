package dev.perennial.cli.checkpoint;

import dev.perennial.checkpoint.redis.RedisCheckpointStore;
import dev.perennial.cli.console.Addresses;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where checkpoints are: in a directory, or in Redis. Its {@code toString} has no password. */
public final class CheckpointLocation {

  /** How to write a location, for the help. */
  public static final String FORM = "file:DIR, redis://…, rediss://… or redis-sentinel://…";

  private static final String FILE = "file:";
  private static final Set<String> REDIS = Set.of("redis", "rediss", "redis-sentinel");
  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+)://.*");

  private final String name;
  private final boolean redis;
  private final Function<Optional<String>, ManagedStore> opener;

  private CheckpointLocation(
      String name, boolean redis, Function<Optional<String>, ManagedStore> opener) {
    this.name = name;
    this.redis = redis;
    this.opener = opener;
  }

  /**
   * Reads {@code file:DIR}, the path of a directory that exists, or the address of a Redis.
   *
   * @throws IllegalArgumentException if it is none of these; without the text, which may have a
   *     password in it
   */
  public static CheckpointLocation parse(String text) {
    if (text.startsWith(FILE)) {
      return directory(text.substring(FILE.length()));
    }
    Matcher scheme = SCHEME.matcher(text);
    if (!scheme.matches()) {
      return existingDirectory(text);
    }
    if (!REDIS.contains(scheme.group(1).toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException(
          "checkpoints cannot be in " + scheme.group(1) + "://…; they can be in " + FORM);
    }
    return redis(text);
  }

  /** Opens the store. The directory or the server is not touched before it is used. */
  public ManagedStore open() {
    return opener.apply(Optional.empty());
  }

  /** Opens the store in a Redis whose keys begin with something of the user's own. */
  ManagedStore open(String prefix) {
    return opener.apply(Optional.of(prefix));
  }

  /** Whether it is in a Redis, not in a directory. */
  public boolean isRedis() {
    return redis;
  }

  @Override
  public String toString() {
    return name;
  }

  /** One that does not exist is taken for a mistake: anything could be the name of a directory. */
  private static CheckpointLocation existingDirectory(String text) {
    CheckpointLocation location = text.isBlank() ? null : directory(text);
    if (location == null || !Files.isDirectory(Path.of(location.name))) {
      throw new IllegalArgumentException(
          "it names neither a directory that exists nor, with a scheme, where checkpoints can be: "
              + FORM);
    }
    return location;
  }

  private static CheckpointLocation directory(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("file: needs the path of a directory behind it");
    }
    Path directory;
    try {
      // file:///var/lib is how others write file:/var/lib.
      directory = Path.of(text.startsWith("///") ? text.substring(2) : text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("no directory can have this path: " + e.getReason(), e);
    }
    return new CheckpointLocation(
        directory.toString(), false, prefix -> new DirectoryStore(directory));
  }

  private static CheckpointLocation redis(String text) {
    String name = Addresses.withoutSecrets(text);
    try {
      RedisCheckpointStore.builder(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
    }
    return new CheckpointLocation(
        name, true, prefix -> new RedisStore(RedisCheckpointStore.builder(text), prefix));
  }
}
