package dev.perennial.simulators.mongo.changes;

import dev.perennial.simulators.mongo.query.TypeNames;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.WireVersions;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.BsonType;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * The options of {@code $changeStream}, checked in the server's order.
 *
 * @param resume the token to begin after; null when it begins at a time
 * @param startTime the time to begin at; with a token, the token's
 */
public record StreamSpec(
    StreamScope scope,
    @Nullable ResumeToken resume,
    BsonTimestamp startTime,
    ImageMode fullDocument,
    ImageMode beforeChange,
    boolean expanded) {

  /**
   * Reads the stage.
   *
   * @param collection null when the command is for no collection
   * @param now where a stream begins that does not say so
   */
  public static StreamSpec parse(
      BsonValue stage,
      String database,
      @Nullable String collection,
      int wireVersion,
      BsonTimestamp now) {
    if (!stage.isDocument()) {
      throw new CommandError(50808, "$changeStream stage expects a document as argument");
    }
    BsonDocument options = stage.asDocument();
    refuseUnknown(options, wireVersion);
    ImageMode full = fullDocument(options.get("fullDocument"), wireVersion);
    ImageMode before = beforeChange(options.get("fullDocumentBeforeChange"));
    boolean cluster = flag(options, "allChangesForCluster");
    boolean expanded = flag(options, "showExpandedEvents");
    refuseNamespace(database, collection, cluster);

    BsonValue resumeAfter = options.get("resumeAfter");
    BsonValue startAfter = options.get("startAfter");
    BsonValue startAt = options.get("startAtOperationTime");
    if (resumeAfter != null && startAfter != null) {
      throw new CommandError(
          50865, "Do not specify both 'resumeAfter' and 'startAfter' in a $changeStream stage");
    }
    ResumeToken token = null;
    if (resumeAfter != null) {
      token = ResumeToken.parse("resumeAfter", resumeAfter);
    } else if (startAfter != null) {
      token = ResumeToken.parse("startAfter", startAfter);
    }
    if (startAt != null && token != null) {
      throw new CommandError(
          40674, "Only one type of resume option is allowed, but multiple were found");
    }
    if (resumeAfter != null && token != null && token.fromInvalidate()) {
      throw new CommandError(
          260,
          "Attempting to resume a change stream using 'resumeAfter' is not allowed from an"
              + " invalidate notification");
    }
    if (token != null && !token.hasUuid() && collection != null && !token.highWater()) {
      throw new CommandError(
          260,
          "Attempted to resume a single-collection stream, but the resume token does not include a"
              + " UUID");
    }
    if (startAt != null && startAt.getBsonType() != BsonType.TIMESTAMP) {
      throw wrongType("startAtOperationTime", startAt, "timestamp");
    }
    BsonTimestamp time =
        token != null ? token.time() : startAt != null ? startAt.asTimestamp() : now;
    StreamScope scope =
        cluster ? new StreamScope(null, null) : new StreamScope(database, collection);
    return new StreamSpec(
        scope, token != null && token.highWater() ? null : token, time, full, before, expanded);
  }

  private static void refuseUnknown(BsonDocument options, int wireVersion) {
    for (String name : options.keySet()) {
      boolean known =
          switch (name) {
            case "fullDocument",
                "resumeAfter",
                "startAfter",
                "startAtOperationTime",
                "allChangesForCluster" ->
                true;
            case "fullDocumentBeforeChange", "showExpandedEvents" ->
                wireVersion >= WireVersions.V6_0;
            default -> false;
          };
      if (!known) {
        throw new CommandError(
            40415, "BSON field '$changeStream." + name + "' is an unknown field.");
      }
    }
  }

  private static void refuseNamespace(
      String database, @Nullable String collection, boolean cluster) {
    String namespace = database + "." + (collection == null ? "$cmd.aggregate" : collection);
    if (cluster && !(database.equals("admin") && collection == null)) {
      throw new CommandError(
          72,
          "A $changeStream with 'allChangesForCluster:true' may only be opened on the 'admin'"
              + " database, and with no collection name; found "
              + namespace);
    }
    if (database.equals("local")
        || database.equals("config")
        || (database.equals("admin") && !cluster)) {
      throw new CommandError(
          73, "$changeStream may not be opened on the internal " + database + " database");
    }
    if (collection != null && collection.startsWith("system.")) {
      throw new CommandError(
          73, "$changeStream may not be opened on the internal " + namespace + " collection");
    }
  }

  private static ImageMode fullDocument(@Nullable BsonValue value, int wireVersion) {
    if (value == null) {
      return ImageMode.OFF;
    }
    String text = text("fullDocument", value);
    boolean images = wireVersion >= WireVersions.V6_0;
    if (text.equals("default")) {
      return ImageMode.OFF;
    } else if (text.equals("updateLookup")) {
      return ImageMode.UPDATE_LOOKUP;
    } else if (images && text.equals("whenAvailable")) {
      return ImageMode.WHEN_AVAILABLE;
    } else if (images && text.equals("required")) {
      return ImageMode.REQUIRED;
    }
    throw images
        ? notInEnum("fullDocument", text)
        : new CommandError(
            40575,
            "unrecognized value for the 'fullDocument' option to the $changeStream stage. Expected"
                + " \"default\" or \"updateLookup\", got \""
                + text
                + "\"");
  }

  private static ImageMode beforeChange(@Nullable BsonValue value) {
    if (value == null) {
      return ImageMode.OFF;
    }
    String text = text("fullDocumentBeforeChange", value);
    return switch (text) {
      case "off" -> ImageMode.OFF;
      case "whenAvailable" -> ImageMode.WHEN_AVAILABLE;
      case "required" -> ImageMode.REQUIRED;
      default -> throw notInEnum("fullDocumentBeforeChange", text);
    };
  }

  private static CommandError notInEnum(String option, String text) {
    return new CommandError(
        2,
        "Enumeration value '"
            + text
            + "' for field '$changeStream."
            + option
            + "' is not a valid value.");
  }

  private static String text(String option, BsonValue value) {
    if (!value.isString()) {
      throw wrongType(option, value, "string");
    }
    return value.asString().getValue();
  }

  private static boolean flag(BsonDocument options, String name) {
    BsonValue value = options.get(name);
    if (value == null) {
      return false;
    }
    if (!value.isBoolean()) {
      throw wrongType(name, value, "bool");
    }
    return value.asBoolean().getValue();
  }

  private static CommandError wrongType(String option, BsonValue value, String expected) {
    return new CommandError(
        14,
        "BSON field '$changeStream."
            + option
            + "' is the wrong type '"
            + TypeNames.of(value)
            + "', expected type '"
            + expected
            + "'");
  }
}
