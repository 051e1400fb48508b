package dev.perennial.source.mongo;

import dev.perennial.source.mongo.internal.event.BsonBytes;
import dev.perennial.source.mongo.internal.event.EventReader;
import org.bson.BsonDocument;

/**
 * An event of a change stream: a {@link Change change}, a {@link StreamGap gap}, or a {@link
 * MalformedChange change that could not be decoded}. Ack each of them.
 *
 * <p>Immutable and safe for use from any thread.
 */
public sealed interface ChangeEvent permits Change, StreamGap, MalformedChange {

  /**
   * Decodes an event as a connection does, for example in a test of a handler. Throws nothing:
   * bytes that are not a change event become a {@link MalformedChange}.
   *
   * @param bson the event as the server sends it
   */
  static ChangeEvent parse(byte[] bson) {
    return EventReader.plain().read(bson.clone());
  }

  /**
   * Decodes an event as {@link #parse(byte[])} does.
   *
   * @param extendedJson the event as extended JSON
   * @throws org.bson.json.JsonParseException if the text is not extended JSON
   */
  static ChangeEvent parse(String extendedJson) {
    return EventReader.plain().read(BsonBytes.of(BsonDocument.parse(extendedJson)));
  }
}
