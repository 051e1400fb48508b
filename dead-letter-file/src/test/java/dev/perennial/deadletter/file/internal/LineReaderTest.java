package dev.perennial.deadletter.file.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineReaderTest {

  @TempDir private Path directory;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = directory.resolve("letters");
  }

  @Test
  void readsCompleteLinesAndTheirEnds() throws Exception {
    write("one\n\ntwo ü\nhalf");
    try (LineReader reader = LineReader.open(file, 0, 100, 10)) {
      assertThat(reader.buffered()).as("nothing is read yet").isNull();
      assertThat(lines(reader)).containsExactly("one 4", " 5", "two ü 12");
      write(" a line\n");
      assertThat(lines(reader)).containsExactly("half a line 24");
    }
    try (LineReader reader = LineReader.open(file, 5, 100, 10)) {
      assertThat(reader.read()).isNotNull();
      assertThat(reader.buffered()).as("the rest of what was read").isNotNull();
      assertThat(reader.buffered()).isNull();
    }
  }

  /** Sizes around the limit, below and above the size of the buffer. */
  @ParameterizedTest
  @ValueSource(ints = {10, 100, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 3_000_000})
  void cutsLinesOverTheLimit(int limit) throws Exception {
    String longest = "x".repeat(limit);
    write("a\n" + longest + "\n" + longest + "y\nb\n" + longest.repeat(3) + "\nc\n");
    try (LineReader reader = LineReader.open(file, 0, limit, 10)) {
      assertThat(read(reader)).isEqualTo(new Expected(1, 1, 2));
      assertThat(read(reader)).isEqualTo(new Expected(limit, limit, limit + 3));
      assertThat(read(reader)).isEqualTo(new Expected(10, limit + 1, 2 * limit + 5));
      assertThat(read(reader)).isEqualTo(new Expected(1, 1, 2 * limit + 7));
      assertThat(read(reader)).isEqualTo(new Expected(10, 3L * limit, 5 * limit + 8));
      assertThat(read(reader)).isEqualTo(new Expected(1, 1, 5 * limit + 10));
      assertThat(reader.read()).isNull();
    }
  }

  private record Expected(int kept, long size, long end) {}

  private static Expected read(LineReader reader) throws IOException {
    LineReader.Line line = reader.read();
    return new Expected(line.bytes().length, line.size(), line.end());
  }

  @Test
  void beginsAfterALineOnly() throws Exception {
    write("one\ntwo\n");
    try (LineReader reader = LineReader.open(file, 4, 100, 10)) {
      assertThat(lines(reader)).containsExactly("two 8");
    }
    for (long offset : List.of(3L, 5L, 9L, 100L)) {
      assertThatThrownBy(() -> LineReader.open(file, offset, 100, 10))
          .isInstanceOf(PositionGoneException.class);
    }
    assertThatThrownBy(() -> LineReader.open(directory.resolve("none"), 0, 100, 10))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void detectsATruncationAndAReplacementButAllowsADeletion() throws Exception {
    write("one\ntwo\n");
    try (LineReader reader = LineReader.open(file, 0, 100, 10)) {
      lines(reader);
      reader.requireUnchanged();
      Files.writeString(file, "one\n", StandardOpenOption.TRUNCATE_EXISTING);
      assertThatThrownBy(reader::requireUnchanged)
          .isInstanceOf(PositionGoneException.class)
          .hasMessageContaining("truncated after 8 bytes");
      Files.delete(file);
      reader.requireUnchanged();
      Path other = Files.writeString(directory.resolve("other"), "one\ntwo\nthree\n");
      Files.move(other, file);
      assertThatThrownBy(reader::requireUnchanged)
          .isInstanceOf(PositionGoneException.class)
          .hasMessageContaining("replaced");
    }
  }

  @Test
  void isNotClosedByAnInterrupt() throws Exception {
    write("one\n");
    try (LineReader reader = LineReader.open(file, 0, 100, 10)) {
      Thread.currentThread().interrupt();
      assertThat(lines(reader)).containsExactly("one 4");
      assertThat(Thread.interrupted()).isTrue();
      write("two\n");
      assertThat(lines(reader)).containsExactly("two 8");
    }
  }

  private static List<String> lines(LineReader reader) throws IOException {
    List<String> lines = new ArrayList<>();
    for (LineReader.Line line = reader.read(); line != null; line = reader.read()) {
      lines.add(new String(line.bytes(), StandardCharsets.UTF_8) + " " + line.end());
    }
    return lines;
  }

  private void write(String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
