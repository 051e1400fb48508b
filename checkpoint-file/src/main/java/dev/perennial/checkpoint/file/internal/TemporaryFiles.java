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
 * Names the files that checkpoints are written to before they are put in place. Each save has one
 * of its own: somebody who lost the claim and does not know it yet cannot write into the file that
 * another is about to put in place, or just did.
 */
public final class TemporaryFiles {

  private static final int NUMBERS = 1 << 24;
  private static final Pattern ANY_SUFFIX = Pattern.compile("\\.[0-9a-f]{6}\\.tmp");

  private final Path directory;
  private final String name;

  /**
   * @param name the stream's, as {@link FileNames} writes it
   */
  public TemporaryFiles(Path directory, String name) {
    this.directory = directory;
    this.name = name;
  }

  /** A file for one save. It does not exist but by the oddest chance, which the save then tells. */
  Path next() {
    int number = ThreadLocalRandom.current().nextInt(NUMBERS);
    // With both dots 11 characters, which FileNames.MAX_LENGTH leaves room for.
    return directory.resolve(String.format(Locale.ROOT, "%s.%06x.tmp", name, number));
  }

  /** Deletes what crashes left behind. Only for who has the claim. */
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
