package dev.perennial.benchmarks.mongo;

import org.bson.BsonTimestamp;

/**
 * The collection that contenders watch.
 *
 * @param start the time from which on its events come
 * @param count how many there are
 */
record Watched(String uri, String database, String collection, BsonTimestamp start, int count) {

  /** One line, for {@link #parse}. */
  String text() {
    return String.join(
        " ", uri, database, collection, Long.toString(start.getValue()), Integer.toString(count));
  }

  static Watched parse(String text) {
    String[] part = text.split(" ", -1);
    return new Watched(
        part[0],
        part[1],
        part[2],
        new BsonTimestamp(Long.parseLong(part[3])),
        Integer.parseInt(part[4]));
  }
}
