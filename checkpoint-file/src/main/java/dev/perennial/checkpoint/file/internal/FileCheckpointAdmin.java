package dev.perennial.checkpoint.file.internal;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointAdmin;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.support.IoErrors;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The administration of the checkpoints in a directory. To change one, it claims it. */
public final class FileCheckpointAdmin implements CheckpointAdmin {

  private final CheckpointDirectory directory;

  public FileCheckpointAdmin(CheckpointDirectory directory) {
    this.directory = directory;
  }

  @Override
  public List<String> streamIds() throws CheckpointException {
    if (directory.isUnused()) {
      return List.of();
    }
    List<String> ids = new ArrayList<>();
    String suffix = CheckpointDirectory.CHECKPOINT;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory.path(), "*" + suffix)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        FileNames.decode(name.substring(0, name.length() - suffix.length())).ifPresent(ids::add);
      }
    } catch (IOException | DirectoryIteratorException e) {
      IOException cause =
          e instanceof DirectoryIteratorException wrapped
              ? Objects.requireNonNull(wrapped.getCause())
              : (IOException) e;
      throw CheckpointException.unavailable(
          "Cannot list the checkpoints in %s: %s. Check that the directory exists and can be read."
              .formatted(directory, IoErrors.reason(cause)),
          cause);
    }
    return ids.stream().sorted().toList();
  }

  @Override
  public Optional<Checkpoint> load(String streamId) throws CheckpointException {
    Path file = directory.file(streamId);
    try {
      Optional<Checkpoint> loaded = FileFormat.read(file);
      if (loaded.isEmpty() && directory.isGone()) {
        throw new NoSuchFileException(directory.toString());
      }
      return loaded;
    } catch (IOException e) {
      throw CheckpointException.unavailable(
          "Cannot load checkpoint \"%s\" from %s: %s. Check that the file can be read."
              .formatted(streamId, file, IoErrors.reason(e)),
          e);
    }
  }

  @Override
  public void put(String streamId, Checkpoint checkpoint) throws CheckpointException {
    Objects.requireNonNull(checkpoint, "checkpoint");
    try (FileClaim claim = granted(directory.createAndClaim(streamId), "put", streamId)) {
      claim.save(checkpoint);
    }
  }

  @Override
  public boolean delete(String streamId) throws CheckpointException {
    directory.file(streamId);
    if (directory.isUnused()) {
      return false;
    }
    try (FileClaim claim = granted(directory.claim(streamId), "delete", streamId)) {
      return claim.delete();
    }
  }

  private FileClaim granted(Optional<FileClaim> claim, String action, String streamId)
      throws CheckpointException {
    return claim.orElseThrow(() ->
        CheckpointException.claimed(
            "Cannot %s checkpoint \"%s\" in %s: a stream holds its claim. Close that stream first."
                .formatted(action, streamId, directory)));
  }
}
