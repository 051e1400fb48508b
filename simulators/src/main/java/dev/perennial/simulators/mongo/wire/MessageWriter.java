package dev.perennial.simulators.mongo.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonType;

/** Writes replies to a socket, each as one write. Used by one thread at a time. */
final class MessageWriter {

  private static final AtomicInteger IDS = new AtomicInteger();
  private static final int KEPT = 1 << 20;

  private final OutputStream out;
  private ByteSink sink = new ByteSink(8 * 1024);

  MessageWriter(OutputStream out) {
    this.out = out;
  }

  /**
   * Writes an answer.
   *
   * @param footer the fields that it ends with
   * @param moreToCome whether another answer to the same request follows
   * @return the message's id
   */
  int write(Request request, int inAnswerTo, Reply reply, BsonDocument footer, boolean moreToCome)
      throws IOException {
    sink.clear();
    int id = IDS.incrementAndGet();
    sink.int32(0);
    sink.int32(id);
    sink.int32(inAnswerTo);
    if (request.legacy()) {
      sink.int32(MessageReader.OP_REPLY);
      sink.int32(8); // AwaitCapable, which every server sets
      sink.int64(0);
      sink.int32(0);
      sink.int32(1);
    } else {
      sink.int32(MessageReader.OP_MSG);
      sink.int32(moreToCome ? MessageReader.MORE_TO_COME : 0);
      sink.int8(0);
    }
    body(reply, footer);
    sink.set32(0, sink.size());
    out.write(sink.array(), 0, sink.size());
    out.flush();
    if (sink.capacity() > KEPT) {
      sink = new ByteSink(8 * 1024);
    }
    return id;
  }

  /** Writes bytes that are no message. */
  void raw(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  private void body(Reply reply, BsonDocument footer) {
    int body = sink.begin();
    if (reply instanceof Reply.Batch batch) {
      sink.int8(BsonType.DOCUMENT.getValue());
      sink.cstring("cursor");
      int cursor = sink.begin();
      batch(batch);
      sink.end(cursor);
    } else if (reply instanceof Reply.Plain plain) {
      fields(plain.document());
    }
    fields(footer);
    sink.end(body);
  }

  private void batch(Reply.Batch batch) {
    sink.int8(BsonType.ARRAY.getValue());
    sink.cstring(batch.first() ? "firstBatch" : "nextBatch");
    int array = sink.begin();
    // An element's type and key take at most 12 bytes; growing in steps would copy it all again.
    sink.ensure(batch.documents().stream().mapToInt(document -> document.length + 12).sum());
    int index = 0;
    for (byte[] document : batch.documents()) {
      sink.int8(BsonType.DOCUMENT.getValue());
      sink.index(index++);
      sink.bytes(document);
    }
    sink.end(array);
    if (!batch.postBatchToken().isEmpty()) {
      sink.int8(BsonType.DOCUMENT.getValue());
      sink.cstring("postBatchResumeToken");
      sink.bytes(BsonBytes.encode(batch.postBatchToken()));
    }
    sink.int8(BsonType.INT64.getValue());
    sink.cstring("id");
    sink.int64(batch.cursorId());
    byte[] namespace = BsonBytes.encode(new BsonDocument("ns", new BsonString(batch.namespace())));
    sink.bytes(namespace, 4, namespace.length - 5);
  }

  /** A document's elements, without its length and its end. */
  private void fields(BsonDocument document) {
    byte[] bytes = BsonBytes.encode(document);
    sink.bytes(bytes, 4, bytes.length - 5);
  }
}
