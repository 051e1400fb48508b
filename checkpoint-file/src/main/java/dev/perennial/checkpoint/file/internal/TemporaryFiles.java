package dev.perennial.checkpoint.file.internal;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * The temporary files of a stream, to which checkpoints are written before they replace the last
 * one. Each save has its own, so that a stream that has lost its claim without knowing cannot write
 * into the file of the new owner.
 */
public final class TemporaryFiles {

  private static final int NUMBERS = 1 << 24;
  private static final Pattern ANY_SUFFIX = Pattern.compile("\\.[0-9a-f]{6}\\.tmp");

  private final Path directory;
  private final String name;

  /**
   * @param name the file name of the stream id, as {@link FileNames} encodes it
   */
  public TemporaryFiles(Path directory, String name) {
    this.directory = directory;
    this.name = name;
  }

  /** Returns the file for one save. If it exists by chance, the save fails. */
  Path next() {
    int number = ThreadLocalRandom.current().nextInt(NUMBERS);
    // The suffix has 11 characters, for which FileNames.MAX_LENGTH leaves room.
    return directory.resolve(String.format(Locale.ROOT, "%s.%06x.tmp", name, number));
  }

  /** Deletes files that crashes left behind. Called only by the owner of the claim. */
  public void sweep() throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, this::isOurs)) {
      for (Path file : left) {
        Files.deleteIfExists(file);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  private boolean isOurs(Path file) {
    String other = file.getFileName().toString();
    return other.startsWith(name) && ANY_SUFFIX.matcher(other.substring(name.length())).matches();
  }
}
