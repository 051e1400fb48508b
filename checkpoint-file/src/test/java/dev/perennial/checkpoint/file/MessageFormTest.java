package dev.perennial.checkpoint.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.perennial.checkpoint.file.internal.FileOperations;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointAdmin;
import dev.perennial.port.CheckpointClaim;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The form of the store's error messages, read from a sample of them. */
class MessageFormTest {

  private static final Checkpoint ONE = new Checkpoint("test", "", "1");
  private static final Checkpoint NOT_UNICODE = new Checkpoint("test", "", "\ud83d");

  @TempDir Path directory;

  private final List<String> messages = new ArrayList<>();

  @Test
  void everyMessageHasTheOneForm() throws Exception {
    sampleIds();
    sampleFiles();
    sampleDirectories();
    sampleSaves();

    assertThat(messages)
        .hasSizeGreaterThan(12)
        .doesNotContain("null")
        .allSatisfy(message ->
            assertThat(message)
                .matches("(?s)(Cannot|Lost) .*: .*")
                .endsWith(".")
                .doesNotEndWith("..")
                .doesNotContainPattern("\\bPT\\d")
                .doesNotContainPattern("\\w(Exception|Error)\\b")
                .doesNotContain("\n"));
  }

  private void sampleIds() {
    FileCheckpointStore store = FileCheckpointStore.in(directory);
    sample(() -> admin(store).load(""));
    sample(() -> admin(store).load("x".repeat(300)));
  }

  private void sampleFiles() throws IOException {
    FileCheckpointStore store = FileCheckpointStore.in(directory);
    for (String content :
        List.of(
            "",
            "hello",
            "perennial-checkpoint 2 00000000\n\n",
            "perennial-checkpoint 1 00",
            "perennial-checkpoint 1 00000000\ndamaged\n")) {
      Files.writeString(directory.resolve("damaged.checkpoint"), content);
      sample(() -> admin(store).load("damaged"));
    }
    Files.createDirectory(directory.resolve("unreadable.checkpoint"));
    sample(() -> admin(store).load("unreadable"));
  }

  private void sampleDirectories() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");
    sample(() -> FileCheckpointStore.in(file).tryClaim("orders", why -> {}));
    sample(() -> admin(FileCheckpointStore.in(file)).streamIds());
    sample(() -> FileCheckpointStore.in(file.resolve("below")).tryClaim("orders", why -> {}));
    Path gone = directory.resolve("gone");
    FileCheckpointStore store = FileCheckpointStore.in(gone);
    CheckpointClaim claim = store.tryClaim("orders", why -> {}).orElseThrow();
    sample(() -> admin(store).delete("orders"));
    sample(() -> admin(store).put("orders", ONE));
    sample(() -> claim.save(NOT_UNICODE));
    Files.delete(gone.resolve("orders.lock"));
    sample(() -> claim.save(ONE));
    Files.delete(gone);
    sample(() -> store.tryClaim("orders", why -> {}));
    sample(admin(store)::streamIds);
    claim.close();
    sample(claim::load);
  }

  private void sampleSaves() throws Exception {
    for (IOException failure :
        List.of(
            new IOException("no room"),
            new FileSystemException("orders", null, "No space left on device"),
            new AccessDeniedException("orders"),
            new FileSystemException("orders"))) {
      FileCheckpointStore store =
          new FileCheckpointStore(directory.resolve("saves"), new FailingWrites(failure));
      try (CheckpointClaim claim = store.tryClaim("orders", why -> {}).orElseThrow()) {
        sample(() -> claim.save(ONE));
      }
    }
  }

  private static CheckpointAdmin admin(FileCheckpointStore store) {
    return store.admin().orElseThrow();
  }

  private void sample(ThrowingCallable call) {
    Throwable failure = catchThrowable(call);
    assertThat(failure).isNotNull();
    messages.add(String.valueOf(failure.getMessage()));
  }

  /** The real file operations, except that no file can be written. */
  private record FailingWrites(IOException failure) implements FileOperations {

    @Override
    public void write(Path file, byte[] bytes) throws IOException {
      throw failure;
    }

    @Override
    public void replace(Path source, Path target) throws IOException {
      REAL.replace(source, target);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
      REAL.syncDirectory(directory);
    }
  }
}
