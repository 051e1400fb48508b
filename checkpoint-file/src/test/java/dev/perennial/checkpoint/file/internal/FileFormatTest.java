package dev.perennial.checkpoint.file.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileFormatTest {

  private static final Path FILE = Path.of("orders.checkpoint");
  private static final Checkpoint CHECKPOINT = new Checkpoint("mongo", "db.orders", "82\t65");

  @Test
  void isText() throws Exception {
    String text = new String(FileFormat.encode(CHECKPOINT), StandardCharsets.UTF_8);
    assertThat(text).isEqualTo("perennial-checkpoint 1 37dfed10\nmongo\tdb.orders\t82\\t65\n");
  }

  @Property
  void givesBackWhatWasSaved(@ForAll("checkpoints") Checkpoint checkpoint) throws Exception {
    assertThat(FileFormat.decode(FileFormat.encode(checkpoint), FILE)).isEqualTo(checkpoint);
  }

  @Property
  void doesNotTakeAFileThatIsCutShort(
      @ForAll("checkpoints") Checkpoint checkpoint, @ForAll @IntRange(max = 10_000) int cut)
      throws Exception {
    byte[] bytes = FileFormat.encode(checkpoint);
    assertCorrupt(Arrays.copyOf(bytes, cut % bytes.length));
  }

  @Property
  void doesNotTakeAFileWithAFlippedBit(
      @ForAll("checkpoints") Checkpoint checkpoint, @ForAll @IntRange(max = 100_000) int bit)
      throws Exception {
    byte[] bytes = FileFormat.encode(checkpoint);
    int at = bit % (8 * bytes.length);
    bytes[at / 8] ^= (byte) (1 << (at % 8));
    assertCorrupt(bytes);
  }

  @Test
  void doesNotTakeAnythingBehindTheEnd() throws Exception {
    byte[] bytes = FileFormat.encode(CHECKPOINT);
    assertCorrupt(Arrays.copyOf(bytes, bytes.length + 1));
    byte[] twice = Arrays.copyOf(bytes, 2 * bytes.length);
    System.arraycopy(bytes, 0, twice, bytes.length, bytes.length);
    assertCorrupt(twice);
  }

  @Test
  void saysWhatIsWrong() {
    assertThatThrownBy(() -> decode("")).hasMessageContaining("it is empty");
    assertThatThrownBy(() -> decode("hello\nworld\n")).hasMessageContaining("not a checkpoint");
    assertThatThrownBy(() -> decode("perennial-checkpoint 2 00000000 new\nx\n"))
        .hasMessageContaining("version 2")
        .hasMessageContaining("only version 1");
    assertThatThrownBy(() -> decode("perennial-checkpoint 1 ")).hasMessageContaining("incomplete");
    assertThatThrownBy(() -> decode("perennial-checkpoint 1 00000000\na\tb\tc\n"))
        .hasMessageContaining("checksum");
    assertThatThrownBy(() -> FileFormat.decode(new byte[] {(byte) 0xff}, FILE))
        .hasMessageContaining("not UTF-8 text");
  }

  @Test
  void saysWhatIsWrongWithALineThatSomebodyWroteWithCare() {
    assertThatThrownBy(() -> decode("perennial-checkpoint 1 14437dae\nno fields\n"))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("not a checkpoint");
  }

  @Test
  void refusesToWriteWhatItCouldNotRead() {
    assertThatThrownBy(() -> FileFormat.encode(new Checkpoint("a", "", "\ud83c")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("surrogate");
    assertThatThrownBy(
            () -> FileFormat.encode(new Checkpoint("a", "", "x".repeat(FileFormat.MAX_BYTES))))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("16,777,216");
  }

  @Test
  void writesAndReadsAsMuchAsItSaysAndNoByteMore(@TempDir Path directory) throws Exception {
    int around = FileFormat.encode(new Checkpoint("a", "", "")).length;
    Checkpoint largest = new Checkpoint("a", "", "x".repeat(FileFormat.MAX_BYTES - around));
    Path file = directory.resolve("orders.checkpoint");

    Files.write(file, FileFormat.encode(largest));

    assertThat(file).hasSize(FileFormat.MAX_BYTES);
    assertThat(FileFormat.read(file)).contains(largest);
    assertThatThrownBy(() -> FileFormat.encode(new Checkpoint("a", "", largest.position() + "x")))
        .hasMessageContaining("16,777,217 bytes")
        .hasMessageContaining("16,777,216");
    Files.write(file, new byte[] {'x'}, StandardOpenOption.APPEND);
    assertThatThrownBy(() -> FileFormat.read(file))
        .hasMessageContaining("more than 16,777,216 bytes");
  }

  @Provide
  Arbitrary<Checkpoint> checkpoints() {
    Arbitrary<String> texts =
        Arbitraries.oneOf(
            Arbitraries.strings().withChars("ab\t\n\r\\ü水").ofMaxLength(30),
            Arbitraries.strings().ascii().ofMaxLength(300));
    return Combinators.combine(texts, texts, texts).as(Checkpoint::new);
  }

  private static void decode(String text) throws CheckpointException {
    FileFormat.decode(text.getBytes(StandardCharsets.UTF_8), FILE);
  }

  private static void assertCorrupt(byte[] bytes) {
    assertThatThrownBy(() -> FileFormat.decode(bytes, FILE))
        .isInstanceOfSatisfying(
            CheckpointException.class,
            e -> assertThat(e.reason()).isEqualTo(CheckpointException.Reason.CORRUPT))
        .hasMessageContaining("orders.checkpoint");
  }
}
