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
 * Writes a checkpoint as the bytes of a file: two lines of UTF-8, of which the second is {@link
 * Checkpoint#toLine()}, and the first says what this is: {@code perennial-checkpoint}, the version
 * of the format, and the CRC-32C of the second line, its line feed included.
 */
public final class FileFormat {

  /** The version that is written, and the only one that can be read. */
  static final int VERSION = 1;

  /** More than any position takes. It keeps a foreign file from being read into memory. */
  static final int MAX_BYTES = 16 * 1024 * 1024;

  private static final String MAGIC = "perennial-checkpoint";
  private static final Pattern HEADER = Pattern.compile(MAGIC + " (\\d{1,9}) ([0-9a-f]{8})");
  private static final Pattern ANY_HEADER = Pattern.compile(MAGIC + " (\\d{1,9})\\b.*");

  private FileFormat() {}

  /**
   * The bytes of a checkpoint.
   *
   * @throws CheckpointException of kind CORRUPT if it is too large or no Unicode, and so could not
   *     be read again
   */
  static byte[] encode(Checkpoint checkpoint) throws CheckpointException {
    ByteBuffer line;
    try {
      line =
          StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(checkpoint.toLine() + "\n"));
    } catch (CharacterCodingException e) {
      throw CheckpointException.corrupt(
          "The checkpoint holds half a surrogate pair, which no file can hold as text, so it was not saved.",
          e);
    }
    byte[] header =
        "%s %d %08x\n"
            .formatted(MAGIC, VERSION, checksum(line.duplicate()))
            .getBytes(StandardCharsets.US_ASCII);
    if (header.length + line.remaining() > MAX_BYTES) {
      throw CheckpointException.corrupt(
          "The checkpoint takes %,d bytes, but no more than %,d are read again, so it was not saved."
              .formatted(header.length + line.remaining(), MAX_BYTES),
          null);
    }
    return ByteBuffer.allocate(header.length + line.remaining()).put(header).put(line).array();
  }

  /**
   * Reads a checkpoint's file; empty if there is none.
   *
   * @throws IOException if it cannot be read
   * @throws CheckpointException of kind CORRUPT if it holds anything else
   */
  public static Optional<Checkpoint> read(Path file) throws IOException, CheckpointException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    if (bytes.length > MAX_BYTES) {
      throw corrupt(file, "has more than %,d bytes".formatted(MAX_BYTES), null);
    }
    return Optional.of(decode(bytes, file));
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @param file where it is from, for the error
   * @throws CheckpointException of kind CORRUPT if it is anything else
   */
  static Checkpoint decode(byte[] bytes, Path file) throws CheckpointException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw corrupt(file, "is no text", e);
    }
    int headerEnd = text.indexOf('\n');
    String first = headerEnd < 0 ? text : text.substring(0, headerEnd);
    Matcher anyHeader = ANY_HEADER.matcher(first);
    if (!anyHeader.matches()) {
      throw corrupt(
          file, bytes.length == 0 ? "is empty" : "is not a checkpoint of Perennial", null);
    }
    int version = Integer.parseInt(anyHeader.group(1));
    if (version != VERSION) {
      throw corrupt(
          file,
          "has version "
              + version
              + " of the format, of which this program reads only version "
              + VERSION,
          null);
    }
    Matcher header = HEADER.matcher(first);
    String line = text.substring(headerEnd + 1);
    if (!header.matches() || !line.endsWith("\n")) {
      throw corrupt(file, "is torn: it does not end where it should", null);
    }
    if (Integer.parseUnsignedInt(header.group(2), 16)
        != checksum(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)))) {
      throw corrupt(file, "is damaged: its checksum does not fit", null);
    }
    try {
      return Checkpoint.parse(line.substring(0, line.length() - 1));
    } catch (CheckpointException e) {
      throw corrupt(file, "has a checksum that fits, but holds no checkpoint", e);
    }
  }

  static CheckpointException corrupt(Path file, String what, @Nullable Throwable cause) {
    return CheckpointException.corrupt(
        "The checkpoint file %s %s. Put back a copy that is whole, or delete the file to begin without a checkpoint."
            .formatted(file, what),
        cause);
  }

  private static int checksum(ByteBuffer line) {
    CRC32C crc = new CRC32C();
    crc.update(line);
    return (int) crc.getValue();
  }
}
