package dev.perennial.checkpoint.file.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoMoreInteractions;
import static org.mockito.Mockito.when;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.spi.FileSystemProvider;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.mockito.InOrder;

/** What the real disk is asked to do: nothing but a loss of power shows whether it was. */
class FileOperationsTest {

  private final FileSystemProvider provider = mock();
  private final FileSystem system = mock();
  private final Path file = path();
  private final FileChannel channel = mock();
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();

  private Path path() {
    Path path = mock();
    when(path.getFileSystem()).thenReturn(system);
    return path;
  }

  @BeforeEach
  void openTheFile() throws IOException {
    when(system.provider()).thenReturn(provider);
    when(provider.newFileChannel(eq(file), any())).thenReturn(channel);
  }

  @Test
  void whatIsWrittenIsWholeAndDurableBeforeTheFileIsClosed() throws Exception {
    // A disk that takes one byte at a time.
    when(channel.write(any(ByteBuffer.class)))
        .thenAnswer(call -> {
          written.write(call.<ByteBuffer>getArgument(0).get());
          return 1;
        });

    FileOperations.REAL.write(file, new byte[] {1, 2, 3});

    assertThat(written.toByteArray()).containsExactly(1, 2, 3);
    verify(provider)
        .newFileChannel(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    InOrder order = inOrder(channel);
    order.verify(channel, times(3)).write(any(ByteBuffer.class));
    order.verify(channel).force(true);
    order.verify(channel).close();
  }

  @Test
  void aFileThatCannotBeWrittenIsClosedAndTheErrorPassedOn() throws Exception {
    when(channel.write(any(ByteBuffer.class))).thenThrow(new IOException("disk full"));

    assertThatThrownBy(() -> FileOperations.REAL.write(file, new byte[] {1}))
        .hasMessage("disk full");

    verify(channel, never()).force(true);
    verify(channel).close();
  }

  @Test
  void aFileIsReplacedInOneStepSoThatReadersAlwaysFindAWholeOne() throws Exception {
    Path target = path();

    FileOperations.REAL.replace(file, target);

    verify(provider).move(file, target, StandardCopyOption.ATOMIC_MOVE);
    verifyNoMoreInteractions(provider);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aDirectoryIsMadeDurable() throws Exception {
    FileOperations.REAL.syncDirectory(file);

    verify(provider).newFileChannel(file, Set.of(StandardOpenOption.READ));
    InOrder order = inOrder(channel);
    order.verify(channel).force(true);
    order.verify(channel).close();
  }
}
