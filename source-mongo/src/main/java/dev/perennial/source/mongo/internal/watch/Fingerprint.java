package dev.perennial.source.mongo.internal.watch;

import com.mongodb.client.model.Collation;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import dev.perennial.source.mongo.internal.event.BsonBytes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * A hash of the settings under which a resume token stays valid. A stream can resume after an
 * event's token only if its settings produce that event again and split it in the same way.
 */
public final class Fingerprint {

  /** 64 bits. They only need to distinguish settings, not to resist attacks. */
  private static final int BYTES = 8;

  private Fingerprint() {}

  public static String of(
      WatchPlan plan,
      FullDocument fullDocument,
      FullDocumentBeforeChange beforeChange,
      boolean expandedEvents,
      @Nullable Collation collation) {
    BsonDocument settings =
        new BsonDocument("database", text(plan.database().orElse(null)))
            .append("collection", text(plan.collection().orElse(null)))
            .append("pipeline", new BsonArray(plan.pipeline())) // with the split stage, if any
            .append("fullDocument", text(fullDocument.getValue()))
            .append("fullDocumentBeforeChange", text(beforeChange.getValue()))
            .append("showExpandedEvents", BsonBoolean.valueOf(expandedEvents))
            .append("collation", collation == null ? BsonNull.VALUE : collation.asDocument());
    return HexFormat.of().formatHex(sha256(BsonBytes.of(settings)), 0, BYTES);
  }

  private static BsonValue text(@Nullable String text) {
    return text == null ? BsonNull.VALUE : new BsonString(text);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256, but this one not", e);
    }
  }
}
