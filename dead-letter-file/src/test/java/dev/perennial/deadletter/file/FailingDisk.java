package dev.perennial.deadletter.file;

import dev.perennial.deadletter.file.internal.FileOperations;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** The real file operations, of which one fails from now on. */
final class FailingDisk implements FileOperations {

  enum Step {
    NONE,
    CREATE,
    SYNC_DIRECTORY,
    /** Writes half of the bytes. */
    WRITE,
    SYNC
  }

  volatile Step failing = Step.NONE;

  /** Runs after each write. */
  volatile Runnable afterWrite = () -> {};

  private void step(Step step) throws IOException {
    if (failing == step) {
      throw new IOException("No space left on device");
    }
  }

  @Override
  public Appender create(Path file) throws IOException {
    step(Step.CREATE);
    Appender real = REAL.create(file);
    return new Appender() {
      @Override
      public void write(byte[] bytes) throws IOException {
        if (failing == Step.WRITE) {
          real.write(Arrays.copyOf(bytes, bytes.length / 2));
        }
        step(Step.WRITE);
        real.write(bytes);
        afterWrite.run();
      }

      @Override
      public void sync() throws IOException {
        step(Step.SYNC);
        real.sync();
      }

      @Override
      public void close() throws IOException {
        real.close();
      }
    };
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    step(Step.SYNC_DIRECTORY);
    REAL.syncDirectory(directory);
  }
}
