package dev.perennial.checkpoint.file.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/** What a save does to the disk, step by step, so that tests can let each fail. */
public interface FileOperations {

  /** The real one. */
  FileOperations REAL =
      new FileOperations() {
        @Override
        public void write(Path file, byte[] bytes) throws IOException {
          try (FileChannel channel =
              FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
              channel.write(buffer);
            }
            channel.force(true);
          }
        }

        @Override
        public void replace(Path source, Path target) throws IOException {
          Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
        }

        @Override
        public void syncDirectory(Path directory) throws IOException {
          // Windows neither has this nor needs it.
          if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows")) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
              channel.force(true);
            }
          }
        }
      };

  /** Writes a file that does not exist yet; its content is durable when this returns. */
  void write(Path file, byte[] bytes) throws IOException;

  /** Puts a file in the place of another, at once. */
  void replace(Path source, Path target) throws IOException;

  /** Makes durable which files are in a directory. */
  void syncDirectory(Path directory) throws IOException;
}
