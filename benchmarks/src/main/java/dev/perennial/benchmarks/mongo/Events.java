package dev.perennial.benchmarks.mongo;

import org.bson.BsonTimestamp;

/**
 * What the server holds of a size.
 *
 * @param start the time from which on they come
 * @param bytes how large one is; they differ by a few bytes
 */
record Events(Size size, BsonTimestamp start, int count, int bytes) {

  /** One line, for {@link #parse}. */
  String text() {
    return size + " " + start.getValue() + " " + count + " " + bytes;
  }

  static Events parse(String text) {
    String[] part = text.split(" ", -1);
    return new Events(
        Size.valueOf(part[0]),
        new BsonTimestamp(Long.parseLong(part[1])),
        Integer.parseInt(part[2]),
        Integer.parseInt(part[3]));
  }
}
