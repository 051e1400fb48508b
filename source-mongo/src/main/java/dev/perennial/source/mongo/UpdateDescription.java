package dev.perennial.source.mongo;

import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;

/** The changes that an update made. */
public interface UpdateDescription {

  /** Returns the new values by dotted path; empty if there are none. */
  BsonDocument updatedFields();

  /** Returns the dotted paths of removed fields. */
  List<String> removedFields();

  /** Returns the arrays that were truncated. */
  List<TruncatedArray> truncatedArrays();

  /**
   * Returns what a dotted path means if it can mean more than one thing. Servers send it from
   * version 6.1 on, with {@code showExpandedEvents}.
   */
  Optional<BsonDocument> disambiguatedPaths();

  /** An array that was truncated to its first elements. */
  interface TruncatedArray {

    /** Returns the dotted path of the array. */
    String field();

    /** Returns how many elements are left. */
    int newSize();
  }
}
