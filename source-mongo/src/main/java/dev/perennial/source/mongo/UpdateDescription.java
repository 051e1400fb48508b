package dev.perennial.source.mongo;

import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;

/**
 * What an update changed.
 *
 * @param updatedFields the new values by dotted path; empty if there are none
 * @param removedFields the dotted paths of removed fields
 * @param truncatedArrays the arrays that were cut
 * @param disambiguatedPaths what a dotted path means where it can mean more than one thing; servers
 *     of version 6.1 and newer send it with {@code showExpandedEvents}
 */
public record UpdateDescription(
    BsonDocument updatedFields,
    List<String> removedFields,
    List<TruncatedArray> truncatedArrays,
    Optional<BsonDocument> disambiguatedPaths) {

  /** Copies the lists. */
  public UpdateDescription {
    removedFields = List.copyOf(removedFields);
    truncatedArrays = List.copyOf(truncatedArrays);
  }

  /**
   * An array that was cut to its first elements.
   *
   * @param field its dotted path
   * @param newSize how many elements are left
   */
  public record TruncatedArray(String field, int newSize) {}

  /** The paths, not the values: short, and without what is the application's own. */
  @Override
  public String toString() {
    return "UpdateDescription["
        + updatedFields.size()
        + " updated, "
        + removedFields.size()
        + " removed, "
        + truncatedArrays.size()
        + " truncated]";
  }
}
