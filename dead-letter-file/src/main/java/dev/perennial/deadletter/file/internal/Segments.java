package dev.perennial.deadletter.file.internal;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collections;
import java.util.Locale;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names of the segment files of a directory. A segment's number is the time of its creation, so
 * that no number is used again if all segments were deleted.
 */
public final class Segments {

  /** 17 digits: year, month, day, hour, minute, second and millisecond in UTC. */
  private static final DateTimeFormatter NUMBER =
      DateTimeFormatter.ofPattern("uuuuMMddHHmmssSSS", Locale.ROOT).withZone(ZoneOffset.UTC);

  private static final Pattern NAME = Pattern.compile("letters-(\\d{17})\\.jsonl");

  private Segments() {}

  /** Returns the file of a segment, which may not exist. */
  public static Path file(Path directory, long number) {
    return directory.resolve(String.format(Locale.ROOT, "letters-%017d.jsonl", number));
  }

  /** Returns the numbers of the existing segments; none if the directory does not exist. */
  public static NavigableSet<Long> list(Path directory) throws IOException {
    NavigableSet<Long> numbers = new TreeSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "letters-*.jsonl")) {
      for (Path file : files) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        if (name.matches()) {
          numbers.add(Long.parseLong(name.group(1)));
        }
      }
    } catch (NoSuchFileException e) {
      return Collections.emptyNavigableSet();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return numbers;
  }

  /** Returns the number of a new segment, which is larger than those that exist. */
  static long next(NavigableSet<Long> existing, Instant now) {
    long number = Long.parseLong(NUMBER.format(now));
    return existing.isEmpty() ? number : Math.max(number, existing.last() + 1);
  }

  /**
   * Returns the identity of a file or directory: the same for every path to it, and different for
   * one that replaced it, as far as the file system can tell.
   */
  static Object identity(Path file) throws IOException {
    Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    return key != null ? key : file.toRealPath();
  }

  /** Returns whether a file still is the one with this identity. */
  static boolean isStill(Object identity, Path file) throws IOException {
    try {
      return identity.equals(identity(file));
    } catch (NoSuchFileException e) {
      return false;
    }
  }
}
