package dev.perennial.source.mongo.internal.event;

import dev.perennial.source.mongo.SplitEvent;
import dev.perennial.source.mongo.UpdateDescription;
import java.util.List;
import java.util.Optional;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonValue;

/** A reader of an event's nested documents that have types in the API. */
public final class NestedDocuments {

  private NestedDocuments() {}

  /** The content of a splitEvent field. */
  record Part(int fragment, int of) implements SplitEvent {}

  private record Update(
      BsonDocument updatedFields,
      List<String> removedFields,
      List<UpdateDescription.TruncatedArray> truncatedArrays,
      Optional<BsonDocument> disambiguatedPaths)
      implements UpdateDescription {

    /** Shows the counts, not the values, which are the application's data. */
    @Override
    public String toString() {
      return "UpdateDescription[%s updated, %s removed, %s truncated]"
          .formatted(updatedFields.size(), removedFields.size(), truncatedArrays.size());
    }
  }

  private record TruncatedArray(String field, int newSize)
      implements UpdateDescription.TruncatedArray {}

  /**
   * Reads a splitEvent field.
   *
   * @throws RuntimeException of several kinds if it is not valid
   */
  public static SplitEvent splitEvent(BsonDocument mark) {
    return new Part(mark.getNumber("fragment").intValue(), mark.getNumber("of").intValue());
  }

  /**
   * Reads an update description. A field that is null or that a pipeline removed counts as empty.
   */
  public static UpdateDescription updateDescription(BsonDocument document) {
    return new Update(
        has(document, "updatedFields") ? document.getDocument("updatedFields") : new BsonDocument(),
        list(document, "removedFields").stream().map(path -> path.asString().getValue()).toList(),
        list(document, "truncatedArrays").stream().map(NestedDocuments::truncated).toList(),
        has(document, "disambiguatedPaths")
            ? Optional.of(document.getDocument("disambiguatedPaths"))
            : Optional.empty());
  }

  private static UpdateDescription.TruncatedArray truncated(BsonValue value) {
    BsonDocument array = value.asDocument();
    return new TruncatedArray(
        array.getString("field").getValue(), array.getNumber("newSize").intValue());
  }

  private static List<BsonValue> list(BsonDocument document, String name) {
    return has(document, name) ? document.getArray(name) : new BsonArray();
  }

  private static boolean has(BsonDocument document, String name) {
    return document.containsKey(name) && !document.isNull(name);
  }
}
