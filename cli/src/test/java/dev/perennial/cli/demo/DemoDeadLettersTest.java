package dev.perennial.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.deadletter.file.DeadLetterFile;
import dev.perennial.port.Position;
import dev.perennial.testkit.TestDelivery;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoDeadLettersTest {

  private record At(int place) implements Position {}

  @TempDir private Path folder;

  @Test
  void areReadFromAllDirectoriesAndThenDeleted() throws Exception {
    Path directory;
    try (DemoDeadLetters letters = DemoDeadLetters.temporary()) {
      directory = letters.directory();
      write(directory.resolve("one"), "a", "b");
      write(directory.resolve("two"), "b");
      assertThat(letters.read(Optional::of)).containsExactlyInAnyOrder("a", "b", "b");
    }
    assertThat(directory).doesNotExist();
  }

  @Test
  void doNotContainWhatIsNoLetter() throws Exception {
    try (DemoDeadLetters letters = DemoDeadLetters.temporary()) {
      write(letters.directory(), "a");
      Path file;
      try (Stream<Path> files = Files.list(letters.directory())) {
        file = files.filter(each -> each.toString().endsWith(".jsonl")).findAny().orElseThrow();
      }
      Files.writeString(file, "no letter\n");
      assertThat(letters.read(Optional::of)).isEmpty();
    }
  }

  @Test
  void stayInADirectoryOfTheUser() throws Exception {
    Path directory = folder.resolve("new").resolve("letters");
    try (DemoDeadLetters letters = DemoDeadLetters.in(directory)) {
      write(directory, "a");
      assertThat(letters.hint().command()).isEqualTo("./perennial deadletter list " + directory);
    }
    assertThat(directory).isNotEmptyDirectory();
    assertThatThrownBy(() -> DemoDeadLetters.in(directory))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("not empty");
  }

  private static void write(Path directory, String... events) throws Exception {
    try (DeadLetterFile<String> file = DeadLetterFile.in(directory, event -> event)) {
      for (String event : events) {
        file.accept(
            TestDelivery.of(event).at(new At(1)), new IllegalStateException("the handler failed"));
      }
    }
  }
}
