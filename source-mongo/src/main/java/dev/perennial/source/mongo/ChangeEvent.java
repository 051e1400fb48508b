package dev.perennial.source.mongo;

import dev.perennial.source.mongo.internal.event.BsonBytes;
import dev.perennial.source.mongo.internal.event.EventReader;
import org.bson.BsonDocument;

/**
 * What a change stream gives: a {@link Change change}, a {@link StreamGap gap} that could not be
 * delivered, or a {@link MalformedChange message that could not be decoded}. Each is to be acked.
 *
 * <p>Immutable and safe for use from any thread.
 */
public sealed interface ChangeEvent permits Change, StreamGap, MalformedChange {

  /**
   * Reads an event as a connection does, for example in a test of a handler. What is no change
   * event becomes a {@link MalformedChange}; nothing is thrown.
   *
   * @param bson the event as the server sends it
   */
  static ChangeEvent parse(byte[] bson) {
    return EventReader.plain().read(bson.clone());
  }

  /**
   * Reads an event as {@link #parse(byte[])} does.
   *
   * @param extendedJson the event as extended JSON
   * @throws org.bson.json.JsonParseException if it is not that
   */
  static ChangeEvent parse(String extendedJson) {
    return EventReader.plain().read(BsonBytes.of(BsonDocument.parse(extendedJson)));
  }
}
