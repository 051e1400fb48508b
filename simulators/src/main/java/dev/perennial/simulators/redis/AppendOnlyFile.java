package dev.perennial.simulators.redis;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads Redis's append-only file, the log of the commands that changed something. */
final class AppendOnlyFile {

  private AppendOnlyFile() {}

  /** The whole commands that the server in this directory has written down so far. */
  static List<List<String>> read(Path directory) {
    List<List<String>> commands = new ArrayList<>();
    try {
      for (Path file : files(directory)) {
        read(file, commands);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return commands;
  }

  /** One file up to version 6, several in a directory from 7 on: their names end in a number. */
  private static List<Path> files(Path directory) throws IOException {
    Path single = directory.resolve("appendonly.aof");
    if (Files.exists(single)) {
      return List.of(single);
    }
    Path several = directory.resolve("appendonlydir");
    if (!Files.exists(several)) {
      throw new IllegalStateException(
          "This Redis keeps no log of its writes; build it persistent().");
    }
    try (Stream<Path> files = Files.list(several)) {
      return files
          .filter(file -> file.toString().endsWith(".incr.aof"))
          // The tenth comes behind the second.
          .sorted(
              Comparator.comparingInt((Path file) -> file.toString().length())
                  .thenComparing(file -> file))
          .toList();
    }
  }

  private static void read(Path file, List<List<String>> commands) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      while (true) {
        in.mark(1);
        int next = in.read();
        if (next < 0) {
          return;
        }
        in.reset();
        if (RespClient.read(in) instanceof List<?> command) {
          commands.add(command.stream().map(AppendOnlyFile::text).toList());
        }
      }
    } catch (EOFException e) {
      // The last one is being written.
    }
  }

  private static String text(@Nullable Object argument) {
    return String.valueOf(argument);
  }
}
