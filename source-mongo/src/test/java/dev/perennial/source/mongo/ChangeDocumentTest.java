package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.bson.codecs.configuration.CodecRegistries.fromProviders;
import static org.bson.codecs.configuration.CodecRegistries.fromRegistries;

import com.mongodb.MongoClientSettings;
import dev.perennial.source.mongo.internal.event.BsonBytes;
import dev.perennial.source.mongo.internal.event.EventReader;
import dev.perennial.source.mongo.internal.position.Tokens;
import java.util.Arrays;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.bson.codecs.configuration.CodecRegistry;
import org.bson.codecs.pojo.PojoCodecProvider;
import org.junit.jupiter.api.Test;

class ChangeDocumentTest {

  private static final CodecRegistry POJOS =
      fromRegistries(
          MongoClientSettings.getDefaultCodecRegistry(),
          fromProviders(PojoCodecProvider.builder().register(Order.class).build()));

  /** What an application would have. */
  public static final class Order {
    public int id;
    public String customer = "";
  }

  private static ChangeDocument document(String json) {
    byte[] event = Samples.event("operationType: 'insert', fullDocument: " + json);
    return ((Change) new EventReader(POJOS).read(event)).fullDocument();
  }

  @Test
  void givesTheDocumentInEveryForm() {
    ChangeDocument document = document("{_id: 7, customer: 'Ada'}");
    BsonDocument expected = BsonDocument.parse("{_id: 7, customer: 'Ada'}");

    assertThat(document.isPresent()).isTrue();
    assertThat(document.size()).isEqualTo(BsonBytes.of(expected).length);
    assertThat(document.bytes())
        .hasValueSatisfying(bytes -> assertThat(bytes).isEqualTo(BsonBytes.of(expected)));
    assertThat(document.raw()).contains(new RawBsonDocument(BsonBytes.of(expected)));
    assertThat(document.bson()).contains(expected);
    assertThat(document.document()).contains(new Document("_id", 7).append("customer", "Ada"));
    assertThat(document.json()).contains("{\"_id\": 7, \"customer\": \"Ada\"}");
    Order order = document.as(Order.class).orElseThrow();
    assertThat(order.id).isEqualTo(7);
    assertThat(order.customer).isEqualTo("Ada");
    assertThat(document).hasToString("ChangeDocument[" + document.size() + " bytes]");
  }

  @Test
  void givesNothingOfWhatIsNotThere() {
    ChangeDocument document = document("null");

    assertThat(document).hasToString("ChangeDocument[null]");
    assertThat(document.size()).isZero();
    assertThat(document.bytes()).isEmpty();
    assertThat(document.raw()).isEmpty();
    assertThat(document.bson()).isEmpty();
    assertThat(document.document()).isEmpty();
    assertThat(document.json()).isEmpty();
    assertThat(document.as(Order.class)).isEmpty();
    assertThat(Samples.change("").fullDocument())
        .hasToString("ChangeDocument[absent]")
        .isNotEqualTo(document);
  }

  @Test
  void saysThatADocumentDoesNotFitAType() {
    assertThatThrownBy(() -> document("{_id: 'seven'}").as(Order.class))
        .isInstanceOf(ChangePayloadException.class)
        .hasMessageContaining("fullDocument")
        .hasMessageContaining("Order")
        .hasCauseInstanceOf(RuntimeException.class);
  }

  @Test
  void saysThatThereIsNoCodec() {
    assertThatThrownBy(() -> Samples.change("fullDocument: {}").fullDocument().as(Order.class))
        .isInstanceOf(ChangePayloadException.class)
        .hasMessageContaining("Order");
  }

  @Test
  void saysThatADocumentIsTooDeep() {
    byte[] document = {5, 0, 0, 0, 0};
    for (int i = 0; i < 20_000; i++) {
      document = nested(document);
    }
    byte[] event =
        BsonBytes.of(
            new BsonDocument("_id", Tokens.ofHex("82AA"))
                .append("fullDocument", new RawBsonDocument(document)));

    Change change = (Change) EventReader.plain().read(event);

    assertThat(change.fullDocument().bytes()).isPresent();
    assertThatThrownBy(() -> change.fullDocument().bson())
        .isInstanceOf(ChangePayloadException.class);
  }

  private static byte[] nested(byte[] document) {
    byte[] outer = new byte[document.length + 8];
    BsonBytes.putInt32(outer, 0, outer.length);
    outer[4] = BsonBytes.DOCUMENT;
    outer[5] = 'a';
    System.arraycopy(document, 0, outer, 7, document.length);
    return outer;
  }

  @Test
  void whatItGivesIsTheCallersOwn() {
    ChangeDocument document = document("{_id: 7}");

    document.bson().orElseThrow().append("more", new BsonInt32(1));
    document.document().orElseThrow().append("more", 1);
    Arrays.fill(document.bytes().orElseThrow(), (byte) 0);

    assertThat(document.bson()).contains(BsonDocument.parse("{_id: 7}"));
  }

  @Test
  void isEqualByItsBytes() {
    assertThat(document("{a: 1}"))
        .isEqualTo(document("{a: 1}"))
        .hasSameHashCodeAs(document("{a: 1}"))
        .isNotEqualTo(document("{a: 2}"));
  }

  @Test
  void decodesOnSeveralThreadsAtOnce() throws Exception {
    Change change = (Change) ChangeEvent.parse(Samples.fullUpdate());
    Callable<String> read =
        () ->
            change.fullDocument().document().orElseThrow()
                + change.toJson()
                + change.updateDescription().orElseThrow()
                + change.documentKey().orElseThrow();
    String expected = read.call();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (Future<String> one : threads.invokeAll(Collections.nCopies(200, read))) {
        assertThat(one.get()).isEqualTo(expected);
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
