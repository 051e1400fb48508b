package dev.perennial.simulators.mongo.changes;

import dev.perennial.simulators.mongo.query.TypeNames;
import dev.perennial.simulators.mongo.storage.OplogEntry;
import dev.perennial.simulators.mongo.wire.CommandError;
import java.util.Locale;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonType;
import org.bson.BsonValue;

/**
 * A resume token, parsed as the server's {@code pipeline/resume_token.cpp} does.
 *
 * @param version 1 up to 6.0, 2 from 6.1, and wherever large events are split
 * @param fragment which fragment of a split event it stands for, from 0; -1 for a whole event
 * @param event the hex text without the fragment and the end: the same for all fragments
 */
public record ResumeToken(
    String hex,
    BsonTimestamp time,
    int version,
    boolean highWater,
    boolean fromInvalidate,
    boolean hasUuid,
    int fragment,
    String event) {

  private static final int EVENT = 128;

  /** The high-water-mark token of a time, which sorts before all events at that time. */
  public static ResumeToken highWater(BsonTimestamp time, int version) {
    KeyStringWriter key = new KeyStringWriter().timestamp(time);
    key.number(version).number(0).number(0).bool(false);
    if (version >= 2) {
      key.nothing();
    }
    String hex = key.toHex();
    return new ResumeToken(
        hex, time, version, true, false, false, -1, hex.substring(0, hex.length() - 2));
  }

  /** An event's own token. */
  public static ResumeToken of(OplogEntry entry, int version, boolean fromInvalidate) {
    KeyStringWriter key = new KeyStringWriter().timestamp(entry.time());
    key.number(version).number(EVENT).number(entry.txnOpIndex()).bool(fromInvalidate);
    boolean hasUuid = entry.uuid() != null;
    if (entry.uuid() != null) {
      key.uuid(entry.uuid());
    } else if (version >= 2) {
      key.nothing();
    }
    if (version >= 2 || entry.kind().expandedOnly()) {
      BsonDocument identifier =
          new BsonDocument("operationType", new BsonString(entry.operationType()));
      if (entry.documentKey() != null) {
        identifier.put("documentKey", entry.documentKey());
      } else if (entry.operationDescription() != null) {
        identifier.put("operationDescription", entry.operationDescription());
      }
      key.object(identifier);
    } else if (entry.documentKey() != null) {
      key.object(entry.documentKey());
    }
    String hex = key.toHex();
    return new ResumeToken(
        hex,
        entry.time(),
        version,
        false,
        fromInvalidate,
        hasUuid,
        -1,
        hex.substring(0, hex.length() - 2));
  }

  /** This event's token with a fragment's number. */
  ResumeToken withFragment(int number) {
    String suffix = new KeyStringWriter().number(number).toHex();
    return new ResumeToken(
        event + suffix, time, version, highWater, fromInvalidate, hasUuid, number, event);
  }

  /** What a client sent as a token. */
  static ResumeToken parse(String option, BsonValue value) {
    if (value.getBsonType() != BsonType.DOCUMENT) {
      throw new CommandError(
          14,
          "BSON field '$changeStream."
              + option
              + "' is the wrong type '"
              + TypeNames.of(value)
              + "', expected type 'object'");
    }
    BsonDocument document = value.asDocument();
    BsonValue data = document.get("_data");
    if (data == null || data.getBsonType() != BsonType.STRING) {
      throw new CommandError(
          40647,
          "Bad resume token: _data of missing or of wrong type. Expected string, got "
              + document.toJson());
    }
    return parse(data.asString().getValue());
  }

  static ResumeToken parse(String hex) {
    byte[] bytes = bytes(hex);
    KeyStringReader key = new KeyStringReader(bytes);
    if (bytes.length == 0) {
      throw new CommandError(40649, "invalid empty resume token");
    }
    if (key.next() != KeyStringWriter.TIMESTAMP) {
      throw new CommandError(9, "resume token does not begin with a timestamp");
    }
    BsonTimestamp time = new BsonTimestamp(key.bigEndian(8));
    int version = (int) field(key, 50796, "Resume Token does not contain version");
    if (version < 0 || version > 2) {
      throw new CommandError(50795, "Invalid Resume Token: only supports version 0, 1 and 2");
    }
    int type =
        version == 0 ? EVENT : (int) field(key, 51055, "Resume Token does not contain tokenType");
    if (type != 0 && type != EVENT) {
      throw new CommandError(51057, "Token type " + type + " not recognized");
    }
    field(key, 50793, "Resume Token does not contain txnOpIndex");
    boolean fromInvalidate = version > 0 && flag(key);
    boolean hasUuid = false;
    int end = bytes.length;
    int fragment = -1;
    if (!key.atEnd()) {
      hasUuid = key.peek() == KeyStringWriter.BINARY;
      key.skip();
      if (!key.atEnd()) {
        key.skip();
      } else if (version >= 2 && type == EVENT) {
        throw new CommandError(6189501, "Expected an eventIdentifier for an event resume token");
      }
    }
    if (!key.atEnd() && version >= 2) {
      end = key.position();
      fragment = (int) key.number();
      if (fragment < 0) {
        throw new CommandError(
            7182501, "Resume token 'fragmentNum' must be a non-negative integer.");
      }
    }
    if (!key.atEnd()) {
      throw new CommandError(40646, "invalid oversized resume token");
    }
    end = fragment < 0 ? key.position() : end;
    return new ResumeToken(
        hex,
        time,
        version,
        type == 0,
        fromInvalidate,
        hasUuid,
        fragment,
        hex.substring(0, 2 * end).toUpperCase(Locale.ROOT));
  }

  private static long field(KeyStringReader key, int code, String missing) {
    if (key.atEnd()) {
      throw new CommandError(code, missing);
    }
    return key.number();
  }

  private static boolean flag(KeyStringReader key) {
    int type = key.next();
    if (type != KeyStringWriter.TRUE && type != KeyStringWriter.FALSE) {
      throw new CommandError(50870, "Resume Token fromInvalidate is not a boolean.");
    }
    return type == KeyStringWriter.TRUE;
  }

  private static byte[] bytes(String hex) {
    if (hex.length() % 2 != 0) {
      throw notHex();
    }
    byte[] bytes = new byte[hex.length() / 2];
    for (int i = 0; i < bytes.length; i++) {
      int high = Character.digit(hex.charAt(2 * i), 16);
      int low = Character.digit(hex.charAt(2 * i + 1), 16);
      if (high < 0 || low < 0) {
        throw notHex();
      }
      bytes[i] = (byte) (high << 4 | low);
    }
    return bytes;
  }

  private static CommandError notHex() {
    return new CommandError(9, "resume token string was not a valid hex string");
  }

  BsonDocument toDocument() {
    return new BsonDocument("_data", new BsonString(hex));
  }
}
