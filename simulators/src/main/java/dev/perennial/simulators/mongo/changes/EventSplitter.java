package dev.perennial.simulators.mongo.changes;

import dev.perennial.simulators.mongo.wire.BsonBytes;
import dev.perennial.simulators.mongo.wire.CommandError;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonValue;

/**
 * Refuses events that are too large for a reply, or splits them at their top-level fields, the
 * smallest first, as the server's {@code change_stream_split_event_helpers.cpp} does.
 *
 * @param limit the largest event that is sent whole, in bytes
 */
public record EventSplitter(int limit) {

  /** BSONObjMaxInternalSize: 16 MiB for the user, and 16 KiB for what goes around it. */
  public static final int SERVER_LIMIT = 16 * 1024 * 1024 + 16 * 1024;

  /** The bytes of a document without fields. */
  private static final int EMPTY = 5;

  record Fragment(byte[] bytes, ResumeToken token) {}

  void refuseTooLarge(byte[] event, ResumeToken token) {
    if (event.length > limit) {
      throw new CommandError(
          10334,
          "BSONObj size: "
              + event.length
              + " (0x"
              + Integer.toHexString(event.length).toUpperCase(Locale.ROOT)
              + ") is invalid. Size must be between 0 and "
              + limit
              + "("
              + limit / (1024 * 1024)
              + "MB) First element: _id: { _data: \""
              + token.hex()
              + "\" }");
    }
  }

  /**
   * Splits an event if it is too large.
   *
   * @param after the last fragment that the client already has, from 0; -1 for none
   */
  List<Fragment> split(byte[] event, ResumeToken token, int after) {
    if (event.length <= limit) {
      if (after >= 0) {
        throw new CommandError(
            280,
            "Attempted to resume from a split event fragment, but the event in the resumed stream"
                + " was not large enough to be split");
      }
      return List.of(new Fragment(event, token));
    }
    List<BsonDocument> parts = parts(BsonBytes.decode(event), token);
    List<Fragment> fragments = new ArrayList<>();
    for (int i = after + 1; i < parts.size(); i++) {
      parts.get(i).getDocument("splitEvent").put("of", new BsonInt32(parts.size()));
      fragments.add(new Fragment(BsonBytes.encode(parts.get(i)), token.withFragment(i)));
    }
    if (after >= parts.size()) {
      throw new CommandError(
          280,
          "Attempted to resume from a split event, but the resumed stream produced a different"
              + " split. Ensure that the pipeline used to resume is the same as the original");
    }
    return fragments;
  }

  /** The fragments, each filled with the smallest fields that are left. */
  private List<BsonDocument> parts(BsonDocument event, ResumeToken token) {
    record Field(String name, BsonValue value, int size) {}
    List<Field> fields = new ArrayList<>();
    for (Map.Entry<String, BsonValue> field : event.entrySet()) {
      if (!field.getKey().equals("_id")) {
        int size = BsonBytes.size(new BsonDocument(field.getKey(), field.getValue())) - EMPTY;
        fields.add(new Field(field.getKey(), field.getValue(), size));
      }
    }
    fields.sort(Comparator.comparingInt(Field::size).thenComparing(Field::name));
    int room = limit - BsonBytes.size(token.toDocument());
    List<BsonDocument> parts = new ArrayList<>();
    int used = room;
    for (Field field : fields) {
      if (parts.isEmpty() || used + field.size() > room) {
        parts.add(begin(token, parts.size()));
        used = BsonBytes.size(parts.get(parts.size() - 1));
      }
      parts.get(parts.size() - 1).put(field.name(), field.value());
      used += field.size();
      if (used > room) {
        throw new CommandError(
            7182500,
            "Splitting change event failed: fragment size "
                + used
                + " is greater than maximum allowed fragment size "
                + room);
      }
    }
    return parts;
  }

  private static BsonDocument begin(ResumeToken token, int number) {
    BsonDocument split =
        new BsonDocument("fragment", new BsonInt32(number + 1)).append("of", new BsonInt32(0));
    return new BsonDocument("_id", token.withFragment(number).toDocument())
        .append("splitEvent", split);
  }
}
