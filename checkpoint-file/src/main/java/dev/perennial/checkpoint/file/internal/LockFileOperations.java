package dev.perennial.checkpoint.file.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/** What a claim does to the disk, so that tests can let others come between or let it hang. */
interface LockFileOperations {

  /** The real ones. */
  LockFileOperations REAL =
      new LockFileOperations() {
        @Override
        public Object identity(Path file) throws IOException {
          Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
          return key != null ? key : file.toRealPath();
        }

        @Override
        public void create(Path file) throws IOException {
          try {
            Files.createFile(file);
          } catch (FileAlreadyExistsException e) {
            // Somebody else was quicker, which is as good.
          }
        }

        @Override
        public FileChannel open(Path file) throws IOException {
          return FileChannel.open(file, StandardOpenOption.WRITE);
        }
      };

  /**
   * What stays the same of a file whatever path leads to it, and differs for another that took its
   * place.
   */
  Object identity(Path file) throws IOException;

  /** Makes an empty file, unless there is a file already. */
  void create(Path file) throws IOException;

  /** Opens a file that exists. */
  FileChannel open(Path file) throws IOException;
}
