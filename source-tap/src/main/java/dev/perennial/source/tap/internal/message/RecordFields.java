package dev.perennial.source.tap.internal.message;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** The fields of a record event. All but {@code cid} and {@code record} are required. */
public final class RecordFields extends FieldReader {

  private static final int LIVE = 1;
  private static final int DID = 1 << 1;
  private static final int REV = 1 << 2;
  private static final int COLLECTION = 1 << 3;
  private static final int RKEY = 1 << 4;
  private static final int ACTION = 1 << 5;
  private static final int CID = 1 << 6;
  private static final int RECORD = 1 << 7;

  private boolean live;
  private @Nullable String did;
  private @Nullable String rev;
  private @Nullable String collection;
  private @Nullable String rkey;
  private @Nullable String action;
  private @Nullable String cid;
  private int payloadStart;
  private int payloadEnd;

  public RecordFields() {
    super("\"record\"");
  }

  @Override
  boolean readField(String name, JsonToken value, JsonParser parser) {
    switch (name) {
      case "live" -> live = flag(LIVE, name, value);
      case "did" -> did = text(DID, name, value, parser);
      case "rev" -> rev = text(REV, name, value, parser);
      case "collection" -> collection = text(COLLECTION, name, value, parser);
      case "rkey" -> rkey = text(RKEY, name, value, parser);
      case "action" -> action = text(ACTION, name, value, parser);
      case "cid" -> {
        if (value == JsonToken.VALUE_NULL) {
          mark(CID, name);
        } else {
          cid = text(CID, name, value, parser);
        }
      }
      case "record" -> payload(name, value, parser);
      default -> {
        return false;
      }
    }
    // A value of the wrong type may be an object or an array, which the caller then skips.
    return !parser.currentToken().isStructStart();
  }

  private void payload(String name, JsonToken value, JsonParser parser) {
    mark(RECORD, name);
    if (value == JsonToken.START_OBJECT) {
      payloadStart = (int) parser.currentTokenLocation().getByteOffset();
      parser.skipChildren();
      payloadEnd = (int) parser.currentLocation().getByteOffset();
    } else if (value != JsonToken.VALUE_NULL) {
      illTyped(name, "an object", value);
    }
  }

  /** Checks that all required fields are present, and returns the first problem or null. */
  public @Nullable String check() {
    require(LIVE, "live");
    require(DID, "did");
    require(REV, "rev");
    require(COLLECTION, "collection");
    require(RKEY, "rkey");
    require(ACTION, "action");
    return problem();
  }

  public boolean live() {
    return live;
  }

  public String did() {
    return checked(did);
  }

  public String rev() {
    return checked(rev);
  }

  public String collection() {
    return checked(collection);
  }

  public String rkey() {
    return checked(rkey);
  }

  public String action() {
    return checked(action);
  }

  public @Nullable String cid() {
    return cid;
  }

  public int payloadStart() {
    return payloadStart;
  }

  public int payloadEnd() {
    return payloadEnd;
  }
}
