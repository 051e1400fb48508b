package dev.perennial.checkpoint.file.internal;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The format of a checkpoint file: two lines of UTF-8. The first has {@code perennial-checkpoint},
 * the version of the format, and the CRC-32C of the second line with its line feed. The second is
 * {@link Checkpoint#toLine()}.
 */
public final class FileFormat {

  /** The version that is written, and the only one that is read. */
  static final int VERSION = 1;

  /** More than any position takes, so that a foreign file of any size is not read into memory. */
  static final int MAX_BYTES = 16 * 1024 * 1024;

  private static final String MAGIC = "perennial-checkpoint";
  private static final Pattern HEADER = Pattern.compile(MAGIC + " (\\d{1,9}) ([0-9a-f]{8})");
  private static final Pattern ANY_HEADER = Pattern.compile(MAGIC + " (\\d{1,9})\\b.*");

  private FileFormat() {}

  /**
   * Encodes a checkpoint.
   *
   * @throws CheckpointException with reason CORRUPT if it is too large or not Unicode, so that it
   *     could not be read again
   */
  static byte[] encode(Checkpoint checkpoint) throws CheckpointException {
    ByteBuffer line;
    try {
      line =
          StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(checkpoint.toLine() + "\n"));
    } catch (CharacterCodingException e) {
      throw CheckpointException.corrupt(
          "Cannot encode the checkpoint: it contains half a surrogate pair. Nothing was saved.", e);
    }
    byte[] header =
        "%s %d %08x\n"
            .formatted(MAGIC, VERSION, checksum(line.duplicate()))
            .getBytes(StandardCharsets.US_ASCII);
    if (header.length + line.remaining() > MAX_BYTES) {
      throw CheckpointException.corrupt(
          "Cannot encode the checkpoint: it has %,d bytes, more than the limit of %,d. Nothing was saved."
              .formatted(header.length + line.remaining(), MAX_BYTES),
          null);
    }
    return ByteBuffer.allocate(header.length + line.remaining()).put(header).put(line).array();
  }

  /**
   * Reads a checkpoint file; empty if there is none.
   *
   * @throws IOException if it cannot be read
   * @throws CheckpointException with reason CORRUPT if it is not a checkpoint file
   */
  public static Optional<Checkpoint> read(Path file) throws IOException, CheckpointException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    if (bytes.length > MAX_BYTES) {
      throw corrupt(file, "it has more than %,d bytes".formatted(MAX_BYTES), null);
    }
    return Optional.of(decode(bytes, file));
  }

  /**
   * Decodes the bytes that {@link #encode} made.
   *
   * @param file the file that the bytes are from, for the error
   * @throws CheckpointException with reason CORRUPT if it is not a checkpoint file
   */
  static Checkpoint decode(byte[] bytes, Path file) throws CheckpointException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw corrupt(file, "it is not UTF-8 text", e);
    }
    int headerEnd = text.indexOf('\n');
    String first = headerEnd < 0 ? text : text.substring(0, headerEnd);
    Matcher anyHeader = ANY_HEADER.matcher(first);
    if (!anyHeader.matches()) {
      throw corrupt(
          file, bytes.length == 0 ? "it is empty" : "it is not a checkpoint of Perennial", null);
    }
    int version = Integer.parseInt(anyHeader.group(1));
    if (version != VERSION) {
      throw corrupt(
          file,
          "it has format version %d, and this program reads only version %d"
              .formatted(version, VERSION),
          null);
    }
    Matcher header = HEADER.matcher(first);
    String line = text.substring(headerEnd + 1);
    if (!header.matches() || !line.endsWith("\n")) {
      throw corrupt(file, "it is incomplete", null);
    }
    if (Integer.parseUnsignedInt(header.group(2), 16)
        != checksum(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)))) {
      throw corrupt(file, "its checksum does not match", null);
    }
    try {
      return Checkpoint.parse(line.substring(0, line.length() - 1));
    } catch (CheckpointException e) {
      throw corrupt(file, "its checksum matches, but its second line is not a checkpoint", e);
    }
  }

  static CheckpointException corrupt(Path file, String why, @Nullable Throwable cause) {
    return CheckpointException.corrupt(
        "Cannot read checkpoint file %s: %s. Restore a copy, or delete the file to start without a checkpoint."
            .formatted(file, why),
        cause);
  }

  private static int checksum(ByteBuffer line) {
    CRC32C crc = new CRC32C();
    crc.update(line);
    return (int) crc.getValue();
  }
}
