package dev.perennial.source.mongo.internal.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.source.mongo.RandomBson;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.bson.BsonBinaryReader;
import org.bson.BsonDocument;
import org.bson.BsonSerializationException;
import org.bson.ByteBufNIO;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.DecoderContext;
import org.bson.io.BasicOutputBuffer;
import org.bson.io.BsonInput;
import org.bson.io.ByteBufferBsonInput;
import org.junit.jupiter.api.Test;

/** The input from an array beside the driver's own input. */
class ArrayInputTest {

  private static final int BEFORE = 7;

  @Property(tries = 500)
  void readsEveryType(@ForAll Random random) {
    BsonDocument document = new RandomBson(random).document(3);
    byte[] bytes = BsonBytes.of(document);
    byte[] array = new byte[bytes.length + 2 * BEFORE];
    System.arraycopy(bytes, 0, array, BEFORE, bytes.length);
    ArrayInput input = new ArrayInput(array, BEFORE, array.length - BEFORE);

    assertThat(
            new BsonDocumentCodec()
                .decode(new BsonBinaryReader(input), DecoderContext.builder().build()))
        .isEqualTo(document);
    assertThat(input.hasRemaining()).isFalse();
  }

  @Property(tries = 2_000)
  void readsWhatTheDriversInputReads(@ForAll Random random) {
    byte[] array = new byte[100];
    for (int i = 0; i < array.length; i++) {
      // Half of them zeros, so that there are small sizes and texts that end. A byte of the last
      // quarter is mostly no valid UTF-8, and makes a size that is negative or too large.
      int kind = random.nextInt(8);
      array[i] = (byte) (kind < 4 ? 0 : kind < 6 ? random.nextInt(10) : random.nextInt(256));
    }
    int to = array.length - random.nextInt(20);
    long seed = random.nextLong();

    assertThat(read(new ArrayInput(array, BEFORE, to), new Random(seed)))
        .isEqualTo(
            read(
                new ByteBufferBsonInput(
                    new ByteBufNIO(ByteBuffer.wrap(array, BEFORE, to - BEFORE).slice())),
                new Random(seed)));
  }

  /** Reads random types of values, up to the first that is not there. */
  private static List<Object> read(BsonInput input, Random random) {
    List<Object> values = new ArrayList<>();
    try {
      while (true) {
        values.add(value(input, random.nextInt(10)));
        values.add(input.getPosition());
        values.add(input.hasRemaining());
      }
    } catch (RuntimeException e) {
      values.add("the end");
    }
    return values;
  }

  private static Object value(BsonInput input, int type) {
    switch (type) {
      case 0:
        return input.readByte();
      case 1:
        return input.readInt32();
      case 2:
        return input.readInt64();
      case 3:
        return input.readDouble();
      case 4:
        return input.readObjectId();
      case 5:
        return input.readString();
      case 6:
        return input.readCString();
      case 7:
        input.skipCString();
        return "";
      case 8:
        input.skip(3);
        return "";
      default:
        byte[] bytes = new byte[4];
        input.readBytes(bytes, 1, 3);
        return BsonBytes.int32(bytes, 0);
    }
  }

  @Test
  void copiesNothingOfALengthThatIsNotThere() {
    ArrayInput input = new ArrayInput(new byte[] {1, 2, 3, 4}, 1, 4);
    BasicOutputBuffer output = new BasicOutputBuffer();

    assertThatThrownBy(() -> input.pipe(output, Integer.MAX_VALUE))
        .isInstanceOf(BsonSerializationException.class);
    assertThat(output.size()).isZero();
    input.pipe(output, 2);
    assertThat(output.toByteArray()).containsExactly(2, 3);
    assertThat(input.getRemaining()).isEqualTo(1);
  }

  @Test
  void canBeReadAgainFromAMark() {
    ArrayInput input = new ArrayInput(new byte[] {1, 2, 3, 4}, 1, 4);
    byte[] all = new byte[3];

    assertThat(input.readByte()).isEqualTo((byte) 2);
    var mark = input.getMark(1);
    assertThat(input.readByte()).isEqualTo((byte) 3);
    mark.reset();
    assertThat(input.readByte()).isEqualTo((byte) 3);
    assertThat(input.getPosition()).isEqualTo(2);
    assertThat(input.getRemaining()).isEqualTo(1);
    assertThatThrownBy(() -> input.readBytes(all)).isInstanceOf(BsonSerializationException.class);
    assertThatThrownBy(() -> input.skip(-1)).isInstanceOf(BsonSerializationException.class);
  }
}
