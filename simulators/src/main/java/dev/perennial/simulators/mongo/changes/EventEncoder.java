package dev.perennial.simulators.mongo.changes;

import dev.perennial.simulators.mongo.query.BsonValues;
import dev.perennial.simulators.mongo.storage.Change;
import dev.perennial.simulators.mongo.storage.ChangeKind;
import dev.perennial.simulators.mongo.storage.OplogEntry;
import dev.perennial.simulators.mongo.storage.RawEvent;
import dev.perennial.simulators.mongo.wire.BsonBytes;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.WireVersions;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonNull;
import org.bson.BsonString;

/** Encodes oplog entries as a stream's events, with the fields in the server's order. */
public final class EventEncoder {

  private final StreamSpec spec;
  private final int wireVersion;
  private final int tokenVersion;
  private final Images images;

  public EventEncoder(StreamSpec spec, int wireVersion, int tokenVersion, Images images) {
    this.spec = spec;
    this.wireVersion = wireVersion;
    this.tokenVersion = tokenVersion;
    this.images = images;
  }

  StreamSpec spec() {
    return spec;
  }

  int wireVersion() {
    return wireVersion;
  }

  int tokenVersion() {
    return tokenVersion;
  }

  ResumeToken token(OplogEntry entry) {
    return ResumeToken.of(entry, tokenVersion, false);
  }

  /** The event's bytes, encoded once for all streams that show the entry the same way. */
  byte[] bytes(OplogEntry entry) {
    RawEvent raw = entry.change().event();
    if (raw != null) {
      return raw.corruption().apply(BsonBytes.encode(event(entry)));
    }
    if (isPersonal(entry)) {
      return BsonBytes.encode(event(entry));
    }
    int variant = (spec.expanded() ? 1 : 0) | (tokenVersion >= 2 ? 2 : 0);
    byte[] kept = entry.encoded(variant);
    if (kept == null) {
      kept = BsonBytes.encode(event(entry));
      entry.keepEncoded(variant, kept);
    }
    return kept;
  }

  /** Whether the event depends on the stream's image modes or on the current data. */
  private boolean isPersonal(OplogEntry entry) {
    return switch (entry.kind()) {
      case UPDATE -> spec.fullDocument() != ImageMode.OFF || spec.beforeChange() != ImageMode.OFF;
      case REPLACE, DELETE -> spec.beforeChange() != ImageMode.OFF;
      default -> false;
    };
  }

  BsonDocument event(OplogEntry entry) {
    return event(entry, true);
  }

  /** The event, with null for images that are required and missing. */
  BsonDocument eventOrNullImages(OplogEntry entry) {
    return event(entry, false);
  }

  /** Fails if an image is required and missing, as a server does even while it resumes. */
  void requireImages(OplogEntry entry) {
    if (spec.fullDocument() == ImageMode.REQUIRED || spec.beforeChange() == ImageMode.REQUIRED) {
      event(entry, true);
    }
  }

  private BsonDocument event(OplogEntry entry, boolean strict) {
    Change change = entry.change();
    BsonDocument event = new BsonDocument("_id", token(entry).toDocument());
    if (change.event() != null) {
      event.put("clusterTime", entry.time());
      event.putAll(change.event().document());
      return event;
    }
    event.put("operationType", new BsonString(entry.operationType()));
    event.put("clusterTime", entry.time());
    OplogEntry.Transaction transaction = entry.transaction();
    if (transaction != null) {
      event.put("txnNumber", new BsonInt64(transaction.number()));
      event.put("lsid", transaction.lsid());
    }
    wallTime(event, entry);
    if (spec.expanded() && change.uuid() != null) {
      event.put("collectionUUID", BsonValues.binary(change.uuid()));
    }
    fullDocument(event, entry, strict);
    event.put("ns", change.namespace().toDocument());
    if (change.to() != null) {
      event.put("to", change.to().toDocument());
    }
    BsonDocument key = change.documentKey();
    if (key != null) {
      event.put("documentKey", key);
    }
    if (spec.expanded() && change.operationDescription() != null) {
      event.put("operationDescription", change.operationDescription());
    }
    BsonDocument description = change.updateDescription();
    if (description != null) {
      event.put("updateDescription", shown(description));
    }
    beforeChange(event, entry, strict);
    return event;
  }

  BsonDocument invalidate(OplogEntry entry, ResumeToken token) {
    BsonDocument event = new BsonDocument("_id", token.toDocument());
    event.put("operationType", new BsonString("invalidate"));
    event.put("clusterTime", entry.time());
    wallTime(event, entry);
    return event;
  }

  private void wallTime(BsonDocument event, OplogEntry entry) {
    if (wireVersion >= WireVersions.V6_0) {
      event.put("wallTime", new BsonDateTime(entry.wallTime()));
    }
  }

  private void fullDocument(BsonDocument event, OplogEntry entry, boolean strict) {
    Change change = entry.change();
    BsonDocument own = change.fullDocument();
    if (own != null) {
      event.put("fullDocument", own);
    } else if (entry.kind() == ChangeKind.UPDATE && spec.fullDocument() != ImageMode.OFF) {
      BsonDocument image =
          spec.fullDocument() == ImageMode.UPDATE_LOOKUP
              ? images.lookUp(entry)
              : images.available(entry, change.after());
      if (strict && image == null && spec.fullDocument() == ImageMode.REQUIRED) {
        throw missing("post", "update", entry);
      }
      event.put("fullDocument", image == null ? BsonNull.VALUE : image);
    }
  }

  private void beforeChange(BsonDocument event, OplogEntry entry, boolean strict) {
    boolean has =
        entry.kind() == ChangeKind.UPDATE
            || entry.kind() == ChangeKind.REPLACE
            || entry.kind() == ChangeKind.DELETE;
    if (!has || spec.beforeChange() == ImageMode.OFF) {
      return;
    }
    BsonDocument image = images.available(entry, entry.change().before());
    if (strict && image == null && spec.beforeChange() == ImageMode.REQUIRED) {
      throw missing("pre", "update, delete and replace", entry);
    }
    event.put("fullDocumentBeforeChange", image == null ? BsonNull.VALUE : image);
  }

  private static CommandError missing(String which, String whose, OplogEntry entry) {
    BsonDocument event =
        new BsonDocument("operationType", new BsonString(entry.operationType()))
            .append("ns", entry.namespace().toDocument())
            .append("clusterTime", entry.time());
    return new CommandError(
        47,
        "Change stream was configured to require a "
            + which
            + "-image for all "
            + whose
            + " events, but the "
            + which
            + "-image was not found for event: "
            + event.toJson());
  }

  private BsonDocument shown(BsonDocument whole) {
    BsonDocument shown = new BsonDocument();
    whole.forEach((name, value) -> {
      boolean hidden =
          switch (name) {
            case "disambiguatedPaths" -> !spec.expanded() || wireVersion < WireVersions.V6_1;
            case "truncatedArrays" -> wireVersion < WireVersions.V5_0;
            default -> false;
          };
      if (!hidden) {
        shown.put(name, value);
      }
    });
    return shown;
  }
}
