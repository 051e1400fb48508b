package dev.perennial.source.mongo.internal.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoClientSettings;
import com.mongodb.client.model.changestream.ChangeStreamDocument;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.ChangePayloadException;
import dev.perennial.source.mongo.MalformedChange;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.Namespace;
import dev.perennial.source.mongo.RandomBson;
import dev.perennial.source.mongo.UpdateDescription;
import dev.perennial.source.mongo.internal.position.CheckpointText;
import dev.perennial.source.mongo.internal.position.Deployment;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.RawBsonDocument;
import org.bson.codecs.Codec;
import org.jspecify.annotations.Nullable;

/** The one-pass reader against the driver's own decoder, and against bytes that are no events. */
class EventReaderPropertiesTest {

  private static final Codec<ChangeStreamDocument<BsonDocument>> DRIVERS =
      ChangeStreamDocument.createCodec(
          BsonDocument.class, MongoClientSettings.getDefaultCodecRegistry());

  private final EventReader reader = EventReader.plain();

  @Property(tries = 500)
  void agreesWithTheDriver(@ForAll Random random) {
    BsonDocument event = new RandomBson(random).event();
    byte[] bytes = BsonBytes.of(event);

    Change change = (Change) reader.read(bytes);

    ChangeStreamDocument<BsonDocument> drivers = new RawBsonDocument(bytes).decode(DRIVERS);
    assertThat(change.resumeToken()).isEqualTo(drivers.getResumeToken());
    assertThat(change.rawOperationType()).isEqualTo(orEmpty(drivers.getOperationTypeString()));
    assertThat(change.namespaceType().orElse(null)).isEqualTo(drivers.getNamespaceTypeString());
    assertThat(change.namespace()).isEqualTo(namespace(drivers.getNamespaceDocument()));
    assertThat(change.to()).isEqualTo(namespace(drivers.getDestinationNamespaceDocument()));
    assertThat(change.documentKey().orElse(null)).isEqualTo(drivers.getDocumentKey());
    assertThat(change.documentId())
        .isEqualTo(Optional.ofNullable(drivers.getDocumentKey()).map(key -> key.get("_id")));
    assertThat(change.fullDocument().bson().orElse(null)).isEqualTo(drivers.getFullDocument());
    assertThat(change.fullDocumentBeforeChange().bson().orElse(null))
        .isEqualTo(drivers.getFullDocumentBeforeChange());
    assertThat(change.clusterTime().orElse(null)).isEqualTo(drivers.getClusterTime());
    assertThat(change.txnNumber().stream().boxed().findFirst())
        .isEqualTo(Optional.ofNullable(drivers.getTxnNumber()).map(number -> number.getValue()));
    assertThat(change.lsid().orElse(null)).isEqualTo(drivers.getLsid());
    assertThat(change.wallTime().map(time -> time.toEpochMilli()))
        .isEqualTo(Optional.ofNullable(drivers.getWallTime()).map(time -> time.getValue()));
    assertThat(change.envelope().has(Field.SPLIT_EVENT)).isEqualTo(drivers.getSplitEvent() != null);
    assertSame(change.updateDescription(), drivers.getUpdateDescription());
    assertThat(change.fullDocument().isAbsent()).isEqualTo(!event.containsKey("fullDocument"));
    assertThat(change.raw()).isEqualTo(event);
    assertThat(change.toString()).doesNotContain("\n", "\r");
  }

  private static void assertSame(
      Optional<UpdateDescription> ours,
      com.mongodb.client.model.changestream.@Nullable UpdateDescription drivers) {
    assertThat(ours.isPresent()).isEqualTo(drivers != null);
    if (drivers == null) {
      return;
    }
    UpdateDescription update = ours.orElseThrow();
    assertThat(update.updatedFields()).isEqualTo(drivers.getUpdatedFields());
    assertThat(update.removedFields()).isEqualTo(drivers.getRemovedFields());
    assertThat(update.disambiguatedPaths().orElse(null)).isEqualTo(drivers.getDisambiguatedPaths());
    assertThat(update.truncatedArrays())
        .extracting(UpdateDescription.TruncatedArray::field)
        .isEqualTo(drivers.getTruncatedArrays().stream().map(array -> array.getField()).toList());
    assertThat(update.truncatedArrays())
        .extracting(UpdateDescription.TruncatedArray::newSize)
        .isEqualTo(drivers.getTruncatedArrays().stream().map(array -> array.getNewSize()).toList());
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static Optional<Namespace> namespace(@Nullable BsonDocument namespace) {
    return Optional.ofNullable(namespace)
        .map(names ->
            new Namespace(
                names.getString("db").getValue(),
                Optional.ofNullable(names.get("coll"))
                    .map(name -> ((BsonString) name).getValue())));
  }

  @Property(tries = 30)
  void truncationsAreMalformedAndNeverHaveAnotherToken(@ForAll Random random) {
    BsonDocument event = new RandomBson(random).event();
    byte[] bytes = BsonBytes.of(event);

    for (int length = 0; length < bytes.length; length++) {
      MalformedChange change = (MalformedChange) reader.read(Arrays.copyOf(bytes, length));
      change
          .resumeToken()
          .ifPresent(token -> assertThat(token).isEqualTo(event.getDocument("_id")));
    }
  }

  @Property(tries = 30)
  void oneFlippedByteNeverThrows(@ForAll Random random) {
    byte[] bytes = BsonBytes.of(new RandomBson(random).event());

    for (int at = 0; at < bytes.length; at++) {
      byte[] flipped = bytes.clone();
      flipped[at] ^= (byte) (1 + random.nextInt(255));
      assertUsable(reader.read(flipped), flipped);
    }
  }

  @Property(tries = 500)
  void changedBytesNeverThrow(@ForAll Random random) {
    byte[] bytes = BsonBytes.of(new RandomBson(random).event());
    for (int changes = 1 + random.nextInt(20); changes > 0; changes--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }

    assertUsable(reader.read(bytes), bytes);
  }

  @Property(tries = 500)
  void anyBytesAreEvents(@ForAll @Size(max = 300) byte[] bytes) {
    assertUsable(reader.read(bytes), bytes);
  }

  /** Whatever came, it has what the stream needs, and its parts decode or say that they do not. */
  private static void assertUsable(ChangeEvent event, byte[] bytes) {
    assertThat(event.toString()).isNotBlank().doesNotContain("\n", "\r");
    if (event instanceof MalformedChange malformed) {
      assertThat(malformed.raw()).isEqualTo(bytes);
      assertThat(malformed.cause()).isNotNull();
      malformed.position().ifPresent(EventReaderPropertiesTest::assertUsable);
      return;
    }
    Change change = (Change) event;
    assertThat(change.rawBytes()).isEqualTo(bytes);
    assertUsable(change.position());
    for (Runnable part :
        List.<Runnable>of(
            change::documentId,
            change::updateDescription,
            change::lsid,
            change::splitEvent,
            change::collectionUuid,
            change::toJson,
            () -> change.fullDocument().document(),
            () -> change.fullDocumentBeforeChange().json())) {
      try {
        part.run();
      } catch (ChangePayloadException e) {
        assertThat(e).hasMessageNotContaining("\n").hasCauseInstanceOf(Throwable.class);
      }
    }
  }

  private static void assertUsable(MongoPosition any) {
    ResumePosition position = (ResumePosition) any;
    assertThat(position.isInvalidate() && !position.isEvent()).isFalse();
    assertThat(new CheckpointText("f").encode(position, Deployment.UNKNOWN).position())
        .startsWith("1 token ");
    assertThat(position.toString()).isNotBlank();
  }
}
