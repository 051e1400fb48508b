package dev.perennial.cli.tail;

import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeDocument;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.ChangePayloadException;
import dev.perennial.source.mongo.MalformedChange;
import dev.perennial.source.mongo.Namespace;
import dev.perennial.source.mongo.StreamGap;
import dev.perennial.source.mongo.UpdateDescription;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.json.JsonMode;
import org.bson.json.JsonWriterSettings;

/** Formats MongoDB's change events, one line each. */
final class MongoLine {

  private static final JsonWriterSettings JSON =
      JsonWriterSettings.builder().outputMode(JsonMode.RELAXED).build();
  private static final int BODY_LENGTH = 100;
  private static final int ID_LENGTH = 40;

  private MongoLine() {}

  /**
   * Formats an event for a person: the time, the operation, the namespace and the beginning of the
   * content. The time is in UTC, as in {@code checkpoint show} and as {@code --from} takes it.
   */
  static String text(ChangeEvent event) {
    return LogText.line(describe(event)).stripTrailing();
  }

  private static String describe(ChangeEvent event) {
    if (event instanceof Change change) {
      return line(
          time(change.clusterTime()),
          change.rawOperationType().isEmpty() ? "-" : change.rawOperationType(),
          change.namespace().map(Namespace::fullName).orElse("-"),
          content(change));
    }
    if (event instanceof StreamGap gap) {
      return line(
          time(gap.from()),
          "gap",
          "-",
          "no events until "
              + time(Optional.of(gap.to()))
              + ": "
              + LogText.brief(gap.reason(), BODY_LENGTH));
    }
    MalformedChange malformed = (MalformedChange) event;
    return line(
        time(malformed.clusterTime()),
        "malformed",
        "-",
        malformed.size()
            + " bytes: "
            + LogText.brief(String.valueOf(malformed.cause().getMessage()), BODY_LENGTH));
  }

  private static String line(String time, String what, String namespace, String content) {
    return String.format(Locale.ROOT, "%-20s %-9s %-20s %s", time, what, namespace, content);
  }

  private static String time(Optional<BsonTimestamp> clusterTime) {
    return clusterTime.map(time -> Instant.ofEpochSecond(seconds(time)).toString()).orElse("-");
  }

  /** Returns the seconds, which are unsigned. */
  private static long seconds(BsonTimestamp time) {
    return Integer.toUnsignedLong(time.getTime());
  }

  private static String content(Change change) {
    try {
      return Stream.of(
              change.documentId().map(MongoLine::id).orElse(""),
              LogText.brief(body(change), BODY_LENGTH),
              before(change))
          .filter(part -> !part.isEmpty())
          .collect(Collectors.joining(" "));
    } catch (ChangePayloadException e) {
      return "unreadable inside: " + LogText.brief(String.valueOf(e.getMessage()), BODY_LENGTH);
    }
  }

  private static String id(BsonValue id) {
    String text =
        switch (id.getBsonType()) {
          case OBJECT_ID -> id.asObjectId().getValue().toHexString();
          case STRING -> id.asString().getValue();
          case INT32 -> String.valueOf(id.asInt32().getValue());
          case INT64 -> String.valueOf(id.asInt64().getValue());
          default -> valueJson(id);
        };
    return LogText.brief(text, ID_LENGTH);
  }

  /** Returns the document, or what the event says of the change. */
  private static String body(Change change) {
    ChangeDocument after = change.documentAfter();
    if (after.isPresent()) {
      return after.json().orElse("");
    }
    if (change.to().isPresent()) {
      return "to " + change.to().get().fullName();
    }
    Optional<UpdateDescription> update = change.updateDescription();
    if (update.isPresent()) {
      return update(update.get()) + (after.isNull() ? " (deleted since)" : "");
    }
    return change.operationDescription().map(MongoLine::json).orElse("");
  }

  /** Returns the document before the change. It has a length limit of its own. */
  private static String before(Change change) {
    return change
        .fullDocumentBeforeChange()
        .json()
        .map(before -> "was " + LogText.brief(before, BODY_LENGTH))
        .orElse("");
  }

  private static String update(UpdateDescription update) {
    StringBuilder text = new StringBuilder();
    if (!update.updatedFields().isEmpty()) {
      text.append("set ").append(json(update.updatedFields())).append(' ');
    }
    if (!update.removedFields().isEmpty()) {
      text.append("removed ").append(String.join(", ", update.removedFields())).append(' ');
    }
    if (!update.truncatedArrays().isEmpty()) {
      text.append("truncated ").append(update.truncatedArrays()).append(' ');
    }
    return text.toString().stripTrailing();
  }

  /**
   * Formats an event for a program, as relaxed extended JSON. A gap or a malformed event is wrapped
   * in an object, so that each line is valid JSON.
   */
  static String json(ChangeEvent event) {
    if (event instanceof Change change) {
      try {
        return change.toJson();
      } catch (ChangePayloadException e) {
        return json(malformed(change.size(), e, Optional.of(change.resumeToken())));
      }
    }
    if (event instanceof StreamGap gap) {
      BsonDocument about = new BsonDocument();
      gap.from().ifPresent(from -> about.append("from", from));
      about.append("to", gap.to()).append("reason", new BsonString(gap.reason()));
      return json(new BsonDocument("streamGap", about));
    }
    MalformedChange malformed = (MalformedChange) event;
    return json(malformed(malformed.size(), malformed.cause(), malformed.resumeToken()));
  }

  private static BsonDocument malformed(
      long size, Throwable cause, Optional<BsonDocument> resumeToken) {
    BsonDocument about = new BsonDocument();
    resumeToken.ifPresent(token -> about.append("_id", token));
    about.append("size", new BsonInt64(size));
    about.append("cause", new BsonString(String.valueOf(cause.getMessage())));
    return new BsonDocument("malformed", about);
  }

  private static String json(BsonDocument document) {
    return document.toJson(JSON);
  }

  private static String valueJson(BsonValue value) {
    String wrapped = json(new BsonDocument("", value));
    return wrapped.substring(wrapped.indexOf(':') + 1, wrapped.length() - 1).strip();
  }
}
