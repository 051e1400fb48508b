package dev.perennial.simulators.mongo.storage;

import dev.perennial.simulators.mongo.wire.CommandError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;

/**
 * Transactions of clients, without isolation: their writes are visible at once, and only their
 * oplog entries wait for the commit. Guarded by the replica set's lock.
 */
public final class Transactions {

  private final Catalog catalog;
  private final Oplog oplog;
  private final Map<BsonDocument, Open> open = new HashMap<>();

  private record Open(long number, List<Change> changes) {}

  public Transactions(Catalog catalog, Oplog oplog) {
    this.catalog = catalog;
    this.oplog = oplog;
  }

  /** Whether a command belongs to a transaction. */
  public static boolean isPart(BsonDocument command) {
    return command.isDocument("lsid")
        && !command.getBoolean("autocommit", BsonBoolean.TRUE).getValue();
  }

  public void add(BsonDocument command, Change change) {
    long number = command.getNumber("txnNumber").longValue();
    BsonDocument session = command.getDocument("lsid");
    Open current = open.get(session);
    if (current == null || current.number() != number) {
      current = new Open(number, new ArrayList<>());
      open.put(session, current);
    }
    current.changes().add(change);
  }

  /**
   * Appends all changes at one time. Does nothing if the transaction is already committed, because
   * a client may retry.
   */
  public void commit(BsonDocument session) {
    Open committed = open.remove(session);
    if (committed != null) {
      oplog.append(committed.changes(), new OplogEntry.Transaction(session, committed.number()));
    }
  }

  /** Undoes the changes, the latest first. */
  public void abort(BsonDocument session) {
    Open aborted = open.remove(session);
    if (aborted == null) {
      throw new CommandError(251, "There is no such transaction.");
    }
    for (int i = aborted.changes().size() - 1; i >= 0; i--) {
      undo(aborted.changes().get(i));
    }
  }

  private void undo(Change change) {
    CollectionState collection = catalog.find(change.namespace());
    DocumentChange document = Objects.requireNonNull(change.document());
    if (collection == null) {
      return;
    }
    if (document.previous() == null) {
      collection.remove(document.id());
    } else {
      collection.put(document.previous());
    }
  }
}
