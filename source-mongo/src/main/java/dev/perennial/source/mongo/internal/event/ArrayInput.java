package dev.perennial.source.mongo.internal.event;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.bson.BsonSerializationException;
import org.bson.io.BsonInput;
import org.bson.io.BsonInputMark;
import org.bson.io.BsonOutput;
import org.bson.types.ObjectId;

/**
 * Input for the driver's codecs from a part of an array. The driver's own input reads through two
 * layers of buffers, which takes a tenth of the time of decoding a document. Used by one thread.
 */
public final class ArrayInput implements BsonInput {

  /** The size of an object id in bytes. */
  private static final int OBJECT_ID = 12;

  private final byte[] bytes;
  private final int from;
  private final int to;
  private int at;

  /** Creates an input for the bytes between two offsets. */
  public ArrayInput(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.from = from;
    this.to = to;
    this.at = from;
  }

  @Override
  public int getPosition() {
    return at - from;
  }

  @Override
  public boolean hasRemaining() {
    return at < to;
  }

  /** Returns how many bytes are left. Newer drivers check lengths with it before they allocate. */
  @SuppressWarnings("MissingOverride") // Older drivers do not have it.
  public int getRemaining() {
    return to - at;
  }

  @Override
  public byte readByte() {
    return bytes[advance(1)];
  }

  @Override
  public int readInt32() {
    return BsonBytes.int32(bytes, advance(Integer.BYTES));
  }

  @Override
  public long readInt64() {
    return BsonBytes.int64(bytes, advance(Long.BYTES));
  }

  @Override
  public double readDouble() {
    return Double.longBitsToDouble(readInt64());
  }

  @Override
  public ObjectId readObjectId() {
    int start = advance(OBJECT_ID);
    return new ObjectId(Arrays.copyOfRange(bytes, start, at));
  }

  @Override
  public void readBytes(byte[] target) {
    readBytes(target, 0, target.length);
  }

  @Override
  public void readBytes(byte[] target, int offset, int length) {
    System.arraycopy(bytes, advance(length), target, offset, length);
  }

  /**
   * Copies bytes to an output. The default of newer drivers would first make an array of a length
   * that may be corrupt.
   */
  @SuppressWarnings("MissingOverride") // Older drivers do not have it.
  public void pipe(BsonOutput output, int length) {
    output.writeBytes(bytes, advance(length), length);
  }

  @Override
  public String readString() {
    int size = readInt32();
    if (size < 1) {
      throw new BsonSerializationException("a string says that it has " + size + " bytes");
    }
    int start = advance(size);
    if (bytes[at - 1] != 0) {
      throw new BsonSerializationException("a string does not end in a zero");
    }
    return text(start);
  }

  @Override
  public String readCString() {
    int start = at;
    skipCString();
    return text(start);
  }

  /** Returns the text between an offset and the zero that was read last. */
  private String text(int start) {
    return new String(bytes, start, at - 1 - start, StandardCharsets.UTF_8);
  }

  @Override
  public void skipCString() {
    int end = at;
    while (end < to && bytes[end] != 0) {
      end++;
    }
    advance(end + 1 - at);
  }

  @Override
  public void skip(int length) {
    advance(length);
  }

  /** Moves behind the next bytes, and returns where they begin. */
  private int advance(int length) {
    if (length < 0 || length > to - at) {
      throw new BsonSerializationException(
          "at byte " + getPosition() + " there are no " + length + " more bytes");
    }
    int start = at;
    at += length;
    return start;
  }

  @Override
  public BsonInputMark getMark(int readLimit) {
    int marked = at;
    return () -> at = marked;
  }

  @Override
  public void close() {}
}
