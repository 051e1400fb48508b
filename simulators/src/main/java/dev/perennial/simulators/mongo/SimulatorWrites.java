package dev.perennial.simulators.mongo;

import dev.perennial.simulators.mongo.query.BsonValues;
import dev.perennial.simulators.mongo.query.Updates;
import dev.perennial.simulators.mongo.server.ReplicaSet;
import dev.perennial.simulators.mongo.storage.Change;
import dev.perennial.simulators.mongo.storage.ChangeKind;
import dev.perennial.simulators.mongo.storage.Namespace;
import dev.perennial.simulators.mongo.storage.OplogEntry;
import dev.perennial.simulators.mongo.wire.BsonBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * The writes that a test makes directly to the data and the oplog, without a driver. Each returns
 * the time of its entry.
 */
abstract class SimulatorWrites {

  final ReplicaSet set;

  SimulatorWrites(ReplicaSet set) {
    this.set = set;
  }

  /** Inserts a document, which gets an {@code _id} if it has none. */
  public BsonTimestamp insert(String namespace, BsonDocument document) {
    return write(new Write.Insert(namespace, document));
  }

  /** Inserts many documents, each at a time of its own; returns the last one's. */
  public BsonTimestamp insertAll(String namespace, List<BsonDocument> documents) {
    return set.lock()
        .locked(() -> {
          BsonTimestamp last = set.oplog().lastTime();
          for (BsonDocument document : documents) {
            last = set.oplog().append(set.documents().insert(Namespace.parse(namespace), document));
          }
          return last;
        });
  }

  /**
   * Updates a document, which must exist. An update that changes nothing makes no event.
   *
   * @param set fields, dotted or not, and their new values
   * @param unset fields to remove
   */
  public BsonTimestamp update(String namespace, BsonValue id, BsonDocument set, String... unset) {
    return write(new Write.Update(namespace, id, set, List.of(unset)));
  }

  /** Truncates an array of a document, which events show as {@code truncatedArrays}. */
  public BsonTimestamp truncateArray(String namespace, BsonValue id, String field, int newSize) {
    return set.lock()
        .locked(() ->
            append(
                set.documents()
                    .update(
                        Namespace.parse(namespace),
                        id,
                        before -> Updates.truncate(before, field, newSize))));
  }

  /** Replaces a document, which must exist. */
  public BsonTimestamp replace(String namespace, BsonValue id, BsonDocument document) {
    return write(new Write.Replace(namespace, id, document));
  }

  /** Deletes a document, which must exist. */
  public BsonTimestamp delete(String namespace, BsonValue id) {
    return write(new Write.Delete(namespace, id));
  }

  /** Runs a transaction: its changes have one time, and a token each. */
  public BsonTimestamp transaction(List<Write> writes) {
    return set.lock()
        .locked(() -> {
          List<Change> changes = new ArrayList<>();
          for (Write write : writes) {
            Change change = apply(write);
            if (change != null) {
              changes.add(change);
            }
          }
          BsonDocument session =
              new BsonDocument("id", BsonValues.binary(set.catalog().uuid()))
                  .append("uid", new BsonBinary(new byte[32]));
          return set.oplog().append(changes, new OplogEntry.Transaction(session, 1));
        });
  }

  /**
   * Creates a collection.
   *
   * @param images whether it records pre- and post-images
   */
  public BsonTimestamp createCollection(String namespace, boolean images) {
    BsonDocument options = new BsonDocument();
    options.put(
        "changeStreamPreAndPostImages", new BsonDocument("enabled", BsonBoolean.valueOf(images)));
    return set.lock()
        .locked(() -> {
          set.documents().create(Namespace.parse(namespace), options);
          return set.oplog().lastTime();
        });
  }

  /** Creates a view, which cannot be watched. */
  public void createView(String namespace, String on) {
    BsonDocument options = new BsonDocument("viewOn", new BsonString(on));
    set.lock().locked(() -> set.documents().create(Namespace.parse(namespace), options));
  }

  /** Turns the recording of pre- and post-images on or off. */
  public BsonTimestamp recordImages(String namespace, boolean images) {
    return set.lock().locked(() -> set.documents().modify(Namespace.parse(namespace), images));
  }

  /** Creates an index, which only the oplog shows. */
  public BsonTimestamp createIndex(String namespace, String field) {
    BsonDocument index =
        new BsonDocument("v", new BsonInt32(2))
            .append("key", new BsonDocument(field, new BsonInt32(1)))
            .append("name", new BsonString(field + "_1"));
    return set.lock()
        .locked(() ->
            set.documents()
                .indexes(
                    ChangeKind.CREATE_INDEXES,
                    Namespace.parse(namespace),
                    new BsonArray(List.of(index))));
  }

  /** Drops a collection, which must exist. */
  public BsonTimestamp drop(String namespace) {
    return set.lock().locked(() -> set.documents().drop(Namespace.parse(namespace)));
  }

  /** Renames a collection, which must exist, and drops the one that had the new name. */
  public BsonTimestamp rename(String from, String to) {
    return set.lock()
        .locked(() -> set.documents().rename(Namespace.parse(from), Namespace.parse(to), true));
  }

  /** Drops all collections of a database, and then the database. */
  public BsonTimestamp dropDatabase(String database) {
    return set.lock().locked(() -> set.documents().dropDatabase(database));
  }

  /** Writes an entry that is no event, as the server does every ten seconds when it is idle. */
  public BsonTimestamp noop() {
    return set.lock().locked(() -> set.oplog().append(Change.noop()));
  }

  /**
   * Appends an event with any fields and operation type to the oplog; {@code _id} and {@code
   * clusterTime} are added if missing.
   */
  public BsonTimestamp rawEvent(String namespace, BsonDocument event) {
    return rawEvent(namespace, event, UnaryOperator.identity());
  }

  /**
   * Appends an event to the oplog and corrupts its bytes. A driver needs the length at the head to
   * be that of the array, and the {@code _id}, which comes first, to be whole.
   */
  public BsonTimestamp rawEvent(
      String namespace, BsonDocument event, UnaryOperator<byte[]> corruption) {
    return set.lock()
        .locked(() -> set.documents().raw(Namespace.parse(namespace), event, corruption));
  }

  private BsonTimestamp write(Write write) {
    return set.lock().locked(() -> append(apply(write)));
  }

  private BsonTimestamp append(@Nullable Change change) {
    return change == null ? set.oplog().lastTime() : set.oplog().append(change);
  }

  /** Does one write to the data; null if it changes nothing. */
  private @Nullable Change apply(Write write) {
    if (write instanceof Write.Insert insert) {
      return set.documents().insert(Namespace.parse(insert.namespace()), insert.document());
    } else if (write instanceof Write.Update update) {
      BsonDocument operators = operators(update);
      return set.documents()
          .update(
              Namespace.parse(update.namespace()),
              update.id(),
              before -> Updates.apply(before, operators, false));
    } else if (write instanceof Write.Replace replace) {
      return set.documents()
          .replace(Namespace.parse(replace.namespace()), replace.id(), replace.document());
    } else if (write instanceof Write.Delete delete) {
      return set.documents().delete(Namespace.parse(delete.namespace()), delete.id());
    }
    throw new AssertionError(write);
  }

  private static BsonDocument operators(Write.Update update) {
    BsonDocument operators = new BsonDocument();
    if (!update.set().isEmpty()) {
      operators.put("$set", BsonBytes.copy(update.set()));
    }
    if (!update.unset().isEmpty()) {
      BsonDocument fields = new BsonDocument();
      update.unset().forEach(field -> fields.put(field, new BsonString("")));
      operators.put("$unset", fields);
    }
    return operators;
  }
}
