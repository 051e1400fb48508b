package dev.perennial.checkpoint.file;

import dev.perennial.port.CheckpointStore;
import dev.perennial.testkit.contract.CheckpointAdminContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

// tag::contract
class FileCheckpointContractTest extends CheckpointAdminContract {

  @TempDir private Path directory;
  private FileCheckpointStore store;

  @BeforeEach
  void openStore() {
    store = FileCheckpointStore.in(directory.resolve("checkpoints"));
  }

  @Override
  protected CheckpointStore store() {
    return store;
  }

  @Override
  protected void corrupt(String streamId) throws IOException {
    Files.writeString(
        directory.resolve("checkpoints").resolve(streamId + ".checkpoint"), "damaged");
  }

  @Override
  protected void loseClaim(String streamId) throws IOException {
    Files.delete(directory.resolve("checkpoints").resolve(streamId + ".lock"));
  }
}
// end::contract
