package dev.perennial.simulators.mongo;

import java.util.UUID;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * One change in the oplog. The changes of a transaction are entries with one time and a txnOpIndex
 * each. Immutable but for what is remembered of its encodings; guarded by the replica set's lock.
 */
final class OplogEntry {

  private static final byte[] NONE = new byte[0];

  private final BsonTimestamp time;
  private final long wallTime;
  private final Change change;
  private final int txnOpIndex;
  private final @Nullable Transaction transaction;
  private final byte[][] encoded = {NONE, NONE, NONE, NONE};

  /** The transaction that an entry is part of. */
  record Transaction(BsonDocument lsid, long number) {}

  OplogEntry(
      BsonTimestamp time,
      long wallTime,
      Change change,
      int txnOpIndex,
      @Nullable Transaction transaction) {
    this.time = time;
    this.wallTime = wallTime;
    this.change = change;
    this.txnOpIndex = txnOpIndex;
    this.transaction = transaction;
  }

  BsonTimestamp time() {
    return time;
  }

  long wallTime() {
    return wallTime;
  }

  Change change() {
    return change;
  }

  ChangeKind kind() {
    return change.kind();
  }

  String operationType() {
    return change.kind().operationType();
  }

  Namespace namespace() {
    return change.namespace();
  }

  @Nullable UUID uuid() {
    return change.uuid();
  }

  @Nullable BsonDocument documentKey() {
    return change.documentKey();
  }

  @Nullable BsonDocument operationDescription() {
    return change.operationDescription();
  }

  int txnOpIndex() {
    return txnOpIndex;
  }

  @Nullable Transaction transaction() {
    return transaction;
  }

  /** An encoding that was kept, for streams that ask for no images. */
  byte @Nullable [] encoded(int variant) {
    byte[] kept = encoded[variant];
    return kept.length == 0 ? null : kept;
  }

  void keepEncoded(int variant, byte[] bytes) {
    encoded[variant] = bytes;
  }
}
