package dev.perennial.simulators.mongo.storage;

import java.util.UUID;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * One change in the oplog. The changes of a transaction are entries with one time and a txnOpIndex
 * each. Immutable except for cached encodings, which are guarded by the replica set's lock.
 */
public final class OplogEntry {

  private static final byte[] NONE = new byte[0];

  private final BsonTimestamp time;
  private final long wallTime;
  private final Change change;
  private final int txnOpIndex;
  private final @Nullable Transaction transaction;
  private final byte[][] encoded = {NONE, NONE, NONE, NONE};

  /** The transaction that an entry is part of. */
  public record Transaction(BsonDocument lsid, long number) {}

  public OplogEntry(
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

  public BsonTimestamp time() {
    return time;
  }

  public long wallTime() {
    return wallTime;
  }

  public Change change() {
    return change;
  }

  public ChangeKind kind() {
    return change.kind();
  }

  public String operationType() {
    return change.kind().operationType();
  }

  public Namespace namespace() {
    return change.namespace();
  }

  public @Nullable UUID uuid() {
    return change.uuid();
  }

  public @Nullable BsonDocument documentKey() {
    return change.documentKey();
  }

  public @Nullable BsonDocument operationDescription() {
    return change.operationDescription();
  }

  public int txnOpIndex() {
    return txnOpIndex;
  }

  public @Nullable Transaction transaction() {
    return transaction;
  }

  /** A cached encoding, for streams without images; null if there is none. */
  public byte @Nullable [] encoded(int variant) {
    byte[] kept = encoded[variant];
    return kept.length == 0 ? null : kept;
  }

  public void keepEncoded(int variant, byte[] bytes) {
    encoded[variant] = bytes;
  }
}
