package dev.perennial.deadletter.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.perennial.port.Checkpoint;
import dev.perennial.testkit.TestDelivery;
import dev.perennial.testkit.VirtualRuntime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeadLetterFileTest {

  @TempDir private Path folder;

  @Test
  void writesWhatTheSourceReads() throws Exception {
    VirtualRuntime runtime = new VirtualRuntime(1);
    Checkpoint checkpoint = new Checkpoint("mongodb", "a", "7");
    Exception error = new IllegalStateException("no room", new IOException("disk"));
    try (DeadLetterFile<Integer> sink =
        DeadLetterFile.<Integer>builder(folder, event -> "event " + event)
            .runtime(runtime)
            .open()) {
      sink.accept(TestDelivery.of(25).attempt(8).checkpoint(checkpoint), error);
    }

    DeadLetter letter = Letters.all(folder).get(0).letter();

    assertThat(letter.time()).isEqualTo(runtime.now());
    assertThat(letter.position()).isEqualTo(TestDelivery.of(25).position().toString());
    assertThat(letter.checkpoint()).contains(checkpoint);
    assertThat(letter.attempts()).isEqualTo(8);
    assertThat(letter.errorClass()).isEqualTo("java.lang.IllegalStateException");
    assertThat(letter.errorMessage()).contains("no room");
    assertThat(letter.errorStack()).contains("Caused by: java.io.IOException: disk");
    assertThat(letter.rawEvent()).isEqualTo("event 25");
    assertThat(letter.toString())
        .isEqualTo(
            "DeadLetter[%s, %s, java.lang.IllegalStateException]"
                .formatted(letter.position(), letter.time()));
  }

  @Test
  void doesNotSettleTheDelivery() throws Exception {
    TestDelivery<String> delivery = TestDelivery.of("a");
    try (DeadLetterFile<String> sink = Letters.open(folder)) {
      sink.accept(delivery, new IllegalStateException());
    }
    assertThat(delivery.isSettled()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "two\nlines\r\n",
        "\u0000\u0001\u001f\u007f\u0085\u2028",
        "水 🌱 é",
        "half a pair \ud83c and \udf31",
        "{\"json\": \"\\u0000\"}"
      })
  void keepsTheTextOfTheEventExactly(String event) throws Exception {
    Letters.write(folder, event, "next");
    assertThat(Letters.events(folder)).containsExactly(event, "next");
  }

  @Test
  void keepsAnEventOfManyMegabytes() throws Exception {
    String large = "水\n\"🌱".repeat(2_000_000);
    Letters.write(folder, "before", large, "after");
    assertThat(Letters.events(folder)).containsExactly("before", large, "after");
  }

  @Test
  void createsTheDirectoryAndItsParents() throws Exception {
    Path deep = folder.resolve("a/b/c");
    Letters.write(deep, "one");
    assertThat(Letters.events(deep)).containsExactly("one");
  }

  @Test
  void beginsASegmentBeforeTheLastOneIsOverItsSize() throws Exception {
    try (DeadLetterFile<String> sink =
        DeadLetterFile.builder(folder, Function.<String>identity()).maxFileSize(20_000).open()) {
      for (int i = 0; i < 20; i++) {
        Letters.accept(sink, i + "x".repeat(3_000));
      }
      Letters.accept(sink, "y".repeat(50_000), "small");
    }

    List<Path> segments = Letters.segments(folder);

    assertThat(segments).hasSizeGreaterThan(4);
    assertThat(segments)
        .filteredOn(segment -> segment.toFile().length() > 20_000)
        .as("segments with a letter that is larger than a segment")
        .singleElement()
        .satisfies(segment -> assertThat(Files.readAllLines(segment)).hasSize(1));
    assertThat(Letters.events(folder)).hasSize(22).last().isEqualTo("small");
  }

  @Test
  void createsNoSegmentBeforeTheFirstLetter() throws Exception {
    Letters.open(folder).close();
    assertThat(Letters.segments(folder)).isEmpty();
  }

  @Test
  void writesAfterTheHalfLineThatACrashLeft() throws Exception {
    Letters.write(folder, "one", "two");
    Path segment = Letters.segments(folder).get(0);
    byte[] bytes = Files.readAllBytes(segment);
    Files.write(segment, Arrays.copyOf(bytes, bytes.length - 7));

    Letters.write(folder, "three");

    assertThat(Letters.all(folder)).hasSize(2);
    assertThat(Letters.events(folder)).containsExactly("one", "three");
  }

  @Test
  void acceptsLettersFromManyThreads() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (DeadLetterFile<String> sink =
        DeadLetterFile.builder(folder, Function.<String>identity()).maxFileSize(100_000).open()) {
      List<Callable<Void>> tasks =
          IntStream.range(0, 200)
              .<Callable<Void>>mapToObj(i ->
                  () -> {
                    Letters.accept(sink, String.valueOf(i));
                    return null;
                  })
              .toList();
      for (Future<Void> done : threads.invokeAll(tasks)) {
        done.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(Letters.events(folder))
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, 200).mapToObj(String::valueOf).toList());
  }

  @Test
  void isNotDisturbedByAnInterrupt() throws Exception {
    try (DeadLetterFile<String> sink = Letters.open(folder)) {
      Letters.accept(sink, "one");
      Thread.currentThread().interrupt();
      Letters.accept(sink, "two");
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(Letters.events(folder)).containsExactly("one", "two");
    assertThat(Letters.segments(folder)).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void losesNothingIfTheDiskFails(FailingDisk.Step step) throws Exception {
    FailingDisk disk = new FailingDisk();
    try (DeadLetterFile<String> sink =
        DeadLetterFile.builder(folder, Function.<String>identity()).disk(disk).open()) {
      disk.failing = step;
      for (int i = 0; i < 5; i++) {
        assertThatThrownBy(() -> Letters.accept(sink, "too early"))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("No space left on device");
      }
      assertThat(Letters.segments(folder)).as("segments without a letter").isEmpty();
      disk.failing = FailingDisk.Step.NONE;
      Letters.accept(sink, "one");
      disk.failing = step;
      boolean refused = catchThrowable(() -> Letters.accept(sink, "two")) != null;
      disk.failing = FailingDisk.Step.NONE;
      if (refused) {
        Letters.accept(sink, "two");
      }
      Letters.accept(sink, "three");
    }

    List<String> events = Letters.events(folder);

    if (step == FailingDisk.Step.SYNC) {
      assertThat(events).as("a letter that may be stored repeats").contains("two").hasSize(4);
    } else {
      assertThat(events).containsExactly("one", "two", "three");
    }
    for (Path segment : Letters.segments(folder)) {
      String text = Files.readString(segment);
      String complete = text.substring(0, text.lastIndexOf('\n') + 1);
      assertThat(complete.lines()).allMatch(line -> line.startsWith("{") && line.endsWith("}"));
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void writesALetterAgainIfItsSegmentIsDeletedMeanwhile() throws Exception {
    FailingDisk disk = new FailingDisk();
    try (DeadLetterFile<String> sink =
        DeadLetterFile.builder(folder, Function.<String>identity()).disk(disk).open()) {
      Letters.accept(sink, "one");
      disk.afterWrite =
          () -> {
            disk.afterWrite = () -> {};
            deleteSegments();
          };
      Letters.accept(sink, "two");
      deleteSegments();
      Letters.accept(sink, "three");
      assertThat(Letters.events(folder))
          .as("but not two, which was deleted after it was written")
          .containsExactly("three");
      disk.afterWrite = this::deleteSegments;
      assertThatThrownBy(() -> Letters.accept(sink, "four"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("its segments are deleted while they are written");
    }
  }

  private void deleteSegments() {
    for (Path segment : Letters.segments(folder)) {
      try {
        Files.delete(segment);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Test
  void refusesASecondSinkInThisProcessUntilTheFirstIsClosed() throws Exception {
    DeadLetterFile<String> first = Letters.open(folder);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> Letters.open(folder.resolve("../" + folder.getFileName())))
          .isInstanceOf(IOException.class)
          .hasMessage(
              "Cannot open dead letters in "
                  + folder
                  + ": another DeadLetterFile writes there, in this process or another one. Close it, or use another directory.");
    }
    Letters.accept(first, "one");
    first.close();
    first.close();
    Letters.write(folder, "two");
    assertThat(Letters.events(folder)).containsExactly("one", "two");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void writesNothingOnceItsLockFileIsGone() throws Exception {
    try (DeadLetterFile<String> sink = Letters.open(folder)) {
      Letters.accept(sink, "one");
      Files.delete(folder.resolve("letters.lock"));
      assertThatThrownBy(() -> Letters.accept(sink, "two"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("the lock file was deleted or replaced");
    }
    Letters.write(folder, "three");
    assertThat(Letters.events(folder)).containsExactly("one", "three");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void reportsADirectoryThatCannotBeWritten() throws Exception {
    Path closed = Files.createDirectory(folder.resolve("closed"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-xr-xr-x"));
    assumeFalse(Files.isWritable(closed), "the user may write everywhere");
    assertThatThrownBy(() -> Letters.open(closed))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("(access is denied)");
  }

  @Test
  void everyMessageHasTheOneForm() throws Exception {
    List<Throwable> errors = new ArrayList<>();
    Path file = Files.writeString(folder.resolve("file"), "");
    errors.add(catchThrowable(() -> Letters.open(file)));
    errors.add(catchThrowable(() -> Letters.open(file.resolve("below"))));
    Path directory = folder.resolve("letters");
    TestDelivery<String> delivery = TestDelivery.of("a");
    Exception failed = new IllegalStateException("failed");
    try (DeadLetterFile<String> sink =
        DeadLetterFile.in(directory, event -> event.equals("a") ? null : broken(event))) {
      errors.add(catchThrowable(() -> Letters.open(directory)));
      errors.add(catchThrowable(() -> sink.accept(delivery, failed)));
      errors.add(catchThrowable(() -> sink.accept(TestDelivery.of("b"), failed)));
    }
    FailingDisk disk = new FailingDisk();
    DeadLetterFile<String> sink =
        DeadLetterFile.builder(directory, Function.<String>identity()).disk(disk).open();
    disk.failing = FailingDisk.Step.WRITE;
    errors.add(catchThrowable(() -> sink.accept(delivery, failed)));
    sink.close();
    errors.add(catchThrowable(() -> sink.accept(delivery, failed)));

    assertThat(errors)
        .hasSize(7)
        .allSatisfy(error ->
            assertThat(error).message().matches("Cannot .*: .*\\. .*\\.").doesNotContain("\n"));
  }

  private static String broken(String event) {
    throw new IllegalArgumentException("cannot encode " + event);
  }

  @Test
  void refusesASizeBelowOne() {
    assertThatThrownBy(
            () -> DeadLetterFile.builder(folder, Function.<String>identity()).maxFileSize(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxFileSize() must be at least 1, but got 0.");
  }
}
