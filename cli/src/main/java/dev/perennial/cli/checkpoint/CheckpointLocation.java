package dev.perennial.cli.checkpoint;

import dev.perennial.checkpoint.file.FileCheckpointStore;
import dev.perennial.checkpoint.redis.RedisCheckpointStore;
import dev.perennial.checkpoint.redis.RedisCheckpointStoreBuilder;
import dev.perennial.cli.console.Addresses;
import dev.perennial.port.CheckpointStore;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The place of checkpoints: a directory or a Redis. Its {@code toString} shows no password. */
public final class CheckpointLocation {

  /** The forms of a location, for the help. */
  public static final String FORM = "file:DIR, redis://…, rediss://… or redis-sentinel://…";

  private static final String FILE = "file:";
  private static final Set<String> REDIS = Set.of("redis", "rediss", "redis-sentinel");
  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+)://.*");

  private final String name;
  private final boolean redis;
  private final Function<Optional<String>, CheckpointStore> opener;

  private CheckpointLocation(
      String name, boolean redis, Function<Optional<String>, CheckpointStore> opener) {
    this.name = name;
    this.redis = redis;
    this.opener = opener;
  }

  /**
   * Parses {@code file:DIR}, the path of an existing directory, or the address of a Redis.
   *
   * @throws IllegalArgumentException if the text is none of these; the message does not contain the
   *     text, which may include a password
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
          "checkpoints cannot be in " + scheme.group(1) + "://…. Give " + FORM + ".");
    }
    return redis(text);
  }

  /** Opens the store, which accesses the directory or the server only when it is used. */
  public CheckpointStore open() {
    return opener.apply(Optional.empty());
  }

  /** Opens the store in a Redis whose keys have a prefix. */
  CheckpointStore open(String prefix) {
    return opener.apply(Optional.of(prefix));
  }

  /** Returns whether the location is a directory that does not exist, probably a wrong one. */
  boolean isMissing() {
    return !redis && !Files.isDirectory(Path.of(name));
  }

  /** Returns whether the location is a Redis. */
  public boolean isRedis() {
    return redis;
  }

  @Override
  public String toString() {
    return name;
  }

  /** Rejects a directory that does not exist, because any text could be the name of one. */
  private static CheckpointLocation existingDirectory(String text) {
    CheckpointLocation location = text.isBlank() ? null : directory(text);
    if (location == null || location.isMissing()) {
      throw new IllegalArgumentException(
          "it is neither an existing directory nor the address of a store. Give " + FORM + ".");
    }
    return location;
  }

  private static CheckpointLocation directory(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("file: has no path after it. Give file:DIR.");
    }
    Path directory;
    try {
      // file:///var/lib is another form of file:/var/lib.
      directory = Path.of(text.startsWith("///") ? text.substring(2) : text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("the path is not valid: " + e.getReason(), e);
    }
    return new CheckpointLocation(
        directory.toString(), false, prefix -> FileCheckpointStore.in(directory));
  }

  private static CheckpointLocation redis(String text) {
    String name = Addresses.withoutSecrets(text);
    try {
      RedisCheckpointStore.builder(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
    }
    return new CheckpointLocation(
        name,
        true,
        prefix -> {
          RedisCheckpointStoreBuilder builder = RedisCheckpointStore.builder(text);
          prefix.ifPresent(builder::prefix);
          return builder.build();
        });
  }
}
