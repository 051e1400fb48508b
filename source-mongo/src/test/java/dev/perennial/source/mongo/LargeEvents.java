package dev.perennial.source.mongo;

import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;

/** A server on which an event is soon too large, and such events. */
public final class LargeEvents {

  /** The most bytes that an event may have. */
  public static final int LIMIT = 4000;

  private LargeEvents() {}

  public static Rig rig() {
    return new Rig(servers -> servers.maxEventSize(LIMIT));
  }

  /** A source that gets the document before the change too, so that a change has it twice. */
  public static MongoSourceBuilder withImages(Rig rig) {
    rig.servers.createCollection(Rig.ORDERS, true);
    return rig.builder().fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE);
  }

  /** An event that is not too large yet. */
  public static void insert(Rig rig, int id) {
    rig.servers.insert(Rig.ORDERS, document(id, "x"));
  }

  /** An event with a large document before and after the change, in two fields. */
  public static void replace(Rig rig, int id) {
    // A replacement by the same would be no event.
    BsonDocument another = document(id, "y").append("at", rig.servers.currentTime());
    rig.servers.replace(Rig.ORDERS, new BsonInt32(id), another);
  }

  private static BsonDocument document(int id, String text) {
    return new BsonDocument("_id", new BsonInt32(id)).append("a", letters(text, LIMIT - 1000));
  }

  public static BsonString letters(String letter, int count) {
    return new BsonString(letter.repeat(count));
  }
}
