package dev.perennial.source.mongo;

import org.bson.BsonDocument;

/**
 * Which part of a split event a fragment is.
 *
 * @param fragment its number, from 1
 * @param of how many there are
 */
public record SplitEvent(int fragment, int of) {

  /**
   * Reads the server's mark.
   *
   * @throws RuntimeException of several kinds if it is not one
   */
  static SplitEvent read(BsonDocument mark) {
    return new SplitEvent(mark.getNumber("fragment").intValue(), mark.getNumber("of").intValue());
  }
}
