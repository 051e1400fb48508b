package dev.perennial.source.mongo.internal.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.source.mongo.Samples;
import java.util.Arrays;
import org.bson.BsonDocument;
import org.bson.BsonDocumentReader;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.DecoderContext;
import org.junit.jupiter.api.Test;

class EventBytesCodecTest {

  private final EventBytesCodec codec = new EventBytesCodec();

  @Test
  void copiesExactlyTheEventOutOfALargerArray() {
    byte[] event = Samples.event("operationType: 'insert'");
    byte[] larger = new byte[event.length + 50];
    System.arraycopy(event, 0, larger, 20, event.length);

    EventBytes copied = new RawBsonDocument(larger, 20, event.length).decode(codec);
    Arrays.fill(larger, (byte) 0);

    assertThat(copied.bytes()).isEqualTo(event);
  }

  @Test
  void takesBytesThatAreNoEvent() {
    byte[] broken = {9, 0, 0, 0, 0x7E, 'x', 0, 1, 0};

    assertThat(new RawBsonDocument(broken).decode(codec).bytes()).isEqualTo(broken);
  }

  @Test
  void readsWhatIsNoBinary() {
    byte[] event = Samples.event("operationType: 'insert'");

    EventBytes copied =
        codec.decode(
            new BsonDocumentReader(new RawBsonDocument(event).decode(documents())),
            DecoderContext.builder().build());

    assertThat(copied.bytes()).isEqualTo(event);
  }

  @Test
  void writesWhatItRead() {
    byte[] event = Samples.event("operationType: 'insert'");

    BsonDocument written = new RawBsonDocument(new EventBytes(event), codec);

    assertThat(written).isEqualTo(new RawBsonDocument(event));
  }

  private static BsonDocumentCodec documents() {
    return new BsonDocumentCodec();
  }
}
