package dev.perennial.checkpoint.file.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/** The file operations of a lock, an interface so that tests can interleave or block them. */
interface LockFileOperations {

  /** The operations of the JDK. */
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
            // Another thread or process has created it meanwhile.
          }
        }

        @Override
        public FileChannel open(Path file) throws IOException {
          return FileChannel.open(file, StandardOpenOption.WRITE);
        }
      };

  /**
   * Returns the identity of a file: the same for every path to it, and different for a file that
   * replaced it.
   */
  Object identity(Path file) throws IOException;

  /** Creates an empty file unless it exists. */
  void create(Path file) throws IOException;

  /** Opens an existing file. */
  FileChannel open(Path file) throws IOException;
}
