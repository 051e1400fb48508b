package dev.perennial.simulators.mongo;

import java.util.List;
import org.bson.BsonDocument;

/** A cursor that a client holds by its id. Guarded by the replica set's lock. */
interface ServerCursor {

  long id();

  /** Which member holds it. */
  int member();

  String namespace();

  /** Whether an empty batch is waited for. */
  boolean waits();

  /** The next documents that are there, as many as one reply may hold. */
  List<byte[]> next(int limit);

  BsonDocument postBatchToken();

  boolean ended();
}
