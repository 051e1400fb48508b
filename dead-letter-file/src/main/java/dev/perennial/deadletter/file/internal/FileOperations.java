package dev.perennial.deadletter.file.internal;

import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/** The file operations of the sink, an interface so that tests can let each step fail. */
public interface FileOperations {

  /** The operations of the JDK. */
  FileOperations REAL =
      new FileOperations() {
        @Override
        public Appender create(Path file) throws IOException {
          Files.createFile(file);
          return new StreamAppender(new FileOutputStream(file.toFile(), true));
        }

        @Override
        public void syncDirectory(Path directory) throws IOException {
          // Windows cannot open a directory, and does not need this.
          if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows")) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
              channel.force(true);
            }
          }
        }
      };

  /** Creates a file and opens it to write at its end. */
  Appender create(Path file) throws IOException;

  /** Makes the entries of a directory durable. */
  void syncDirectory(Path directory) throws IOException;

  /** An open file that grows at its end. */
  interface Appender extends Closeable {

    /** Writes bytes at the end. If it throws, some of them may have been written. */
    void write(byte[] bytes) throws IOException;

    /** Makes durable what was written. */
    void sync() throws IOException;
  }

  /**
   * An appender over a stream. Not over a channel, which an interrupt of the handler's thread would
   * close in the middle of a line.
   */
  record StreamAppender(FileOutputStream out) implements Appender {

    @Override
    public void write(byte[] bytes) throws IOException {
      out.write(bytes);
    }

    @Override
    public void sync() throws IOException {
      out.getFD().sync();
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }
}
