package dev.perennial.cli.checkpoint;

import dev.perennial.checkpoint.file.FileCheckpointStore;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Checkpoints in files. */
final class DirectoryStore implements ManagedStore {

  private final Path directory;
  private final FileCheckpointStore store;

  DirectoryStore(Path directory) {
    this.directory = directory;
    this.store = FileCheckpointStore.in(directory);
  }

  @Override
  public CheckpointStore store() {
    return store;
  }

  @Override
  public List<String> streamIds() throws CheckpointException {
    requireDirectory();
    return store.streamIds();
  }

  @Override
  public Optional<Checkpoint> load(String streamId) throws CheckpointException {
    requireDirectory();
    return store.load(streamId);
  }

  @Override
  public boolean delete(String streamId) throws CheckpointException {
    requireDirectory();
    return store.delete(streamId);
  }

  @Override
  public void close() {
    store.close();
  }

  /** Fails if the directory is missing: a user has probably mistyped it. */
  private void requireDirectory() throws CheckpointException {
    if (!Files.isDirectory(directory)) {
      throw CheckpointException.unavailable("There is no directory " + directory + ".", null);
    }
  }
}
