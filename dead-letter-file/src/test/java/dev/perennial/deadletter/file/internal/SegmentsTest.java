package dev.perennial.deadletter.file.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentsTest {

  private static final Instant NOW = Instant.parse("2026-11-29T08:30:00.123Z");
  private static final long NUMBER = 20261129083000123L;

  @TempDir private Path directory;

  @Test
  void areNumberedByTheTimeOfTheirCreation() {
    NavigableSet<Long> existing = new TreeSet<>();
    assertThat(Segments.next(existing, NOW)).isEqualTo(NUMBER);
    existing.add(NUMBER - 1);
    assertThat(Segments.next(existing, NOW)).isEqualTo(NUMBER);
    existing.add(NUMBER);
    assertThat(Segments.next(existing, NOW)).isEqualTo(NUMBER + 1);
    assertThat(Segments.next(existing, NOW.minusSeconds(60)))
        .as("with a clock that was set back")
        .isEqualTo(NUMBER + 1);
    assertThat(Segments.file(directory, NUMBER)).hasFileName("letters-20261129083000123.jsonl");
    assertThat(Segments.file(directory, 7)).hasFileName("letters-00000000000000007.jsonl");
  }

  @Test
  void areTheFilesOfTheDirectoryThatHaveSuchANumber() throws Exception {
    assertThat(Segments.list(directory.resolve("none"))).isEmpty();
    for (String name :
        new String[] {
          "letters-00000000000000012.jsonl",
          "letters-20261129083000123.jsonl",
          "letters-00000000000000003.jsonl",
          "letters-1.jsonl",
          "letters-00000000000000003.jsonl.gz",
          "letters-x.jsonl",
          "letters.lock"
        }) {
      Files.createFile(directory.resolve(name));
    }
    assertThat(Segments.list(directory)).containsExactly(3L, 12L, NUMBER);
  }
}
