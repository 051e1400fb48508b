package dev.perennial.simulators.mongo.query;

import java.util.List;
import org.bson.BsonDocument;

/** A cursor that a client holds by its id. Guarded by the replica set's lock. */
public interface ServerCursor {

  /** The most that one reply may hold, in bytes: the server's BSONObjMaxUserSize. */
  int MAX_BATCH_BYTES = 16 * 1024 * 1024;

  /**
   * What a client finds it by.
   *
   * @param id a positive number, unique among the cursors of all members
   * @param member which member holds it, from 0
   */
  record Key(long id, int member) {}

  Key key();

  String namespace();

  /** Whether a client that finds nothing new waits for the next document. */
  boolean waits();

  /** The next documents that are there, encoded: as many as one reply may hold. */
  List<byte[]> next(int limit);

  BsonDocument postBatchToken();

  boolean ended();
}
