package dev.perennial.simulators.mongo.server;

import dev.perennial.simulators.mongo.storage.Catalog;
import dev.perennial.simulators.mongo.storage.Change;
import dev.perennial.simulators.mongo.storage.ClusterClock;
import dev.perennial.simulators.mongo.storage.Documents;
import dev.perennial.simulators.mongo.storage.Oplog;
import dev.perennial.simulators.mongo.storage.Transactions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bson.types.ObjectId;
import org.jspecify.annotations.Nullable;

/**
 * The state that all members share: data, oplog, election, cursors. Every write reaches all members
 * at once. Used with {@link #lock} held, unless said otherwise.
 */
public final class ReplicaSet {

  /** Shorter than a real election, and long enough for clients to notice. */
  private static final long NO_PRIMARY_MILLIS = 100;

  private final StateLock lock = new StateLock();

  private final ReplicaSetSettings settings;
  private final ObjectId id;
  private final Oplog oplog;
  private final Catalog catalog;
  private final ClusterClock clock;
  private final Election election;
  private final Cursors cursors;
  private final Documents documents;
  private final AccessControl accessControl = new AccessControl();
  private final RetryableWrites retries = new RetryableWrites();
  private final Transactions transactions;
  private @Nullable FailPoint failPoint;
  private final List<Member> members = new ArrayList<>();
  private boolean closed;

  public ReplicaSet(ReplicaSetSettings settings) {
    this.settings = settings;
    this.id = id(settings.seed());
    this.clock = new ClusterClock(settings.clock());
    this.oplog = new Oplog(settings.oplogLimit(), clock, lock::signal);
    this.catalog = new Catalog(settings.seed());
    this.election = new Election(settings.members(), settings.seed());
    this.cursors = new Cursors(settings.seed());
    this.documents = new Documents(catalog, oplog);
    this.transactions = new Transactions(catalog, oplog);
    for (int i = 0; i < settings.members(); i++) {
      members.add(new Member(lock, i));
    }
    lock.change(() -> oplog.append(Change.noop()));
  }

  /** Guards everything here. */
  public StateLock lock() {
    return lock;
  }

  /** The members, in order; the list never changes. */
  public List<Member> members() {
    return members;
  }

  private static ObjectId id(long seed) {
    byte[] bytes = new byte[12];
    new Random(seed).nextBytes(bytes);
    return new ObjectId(bytes);
  }

  /** The set's id, the same for the same seed. */
  public ObjectId id() {
    return id;
  }

  public ReplicaSetSettings settings() {
    return settings;
  }

  public Oplog oplog() {
    return oplog;
  }

  public Catalog catalog() {
    return catalog;
  }

  public ClusterClock clock() {
    return clock;
  }

  public Election election() {
    return election;
  }

  public Cursors cursors() {
    return cursors;
  }

  public Documents documents() {
    return documents;
  }

  public AccessControl accessControl() {
    return accessControl;
  }

  public Transactions transactions() {
    return transactions;
  }

  public RetryableWrites retries() {
    return retries;
  }

  /**
   * Makes another member primary, in a new term. As on servers since 4.2, connections and cursors
   * stay open, also on the old primary, and so does a getMore that waits.
   */
  public void stepDown() {
    election.stepDown();
    oplog.append(Change.noop());
  }

  /**
   * Steps down as a real set does: for 100 ms there is no primary. A set of one member then elects
   * itself again.
   */
  public void stepDownWithPause() {
    int old = election.primary();
    election.elect(Election.NONE);
    long term = election.term();
    lock.signal();
    CompletableFuture.delayedExecutor(
            NO_PRIMARY_MILLIS, TimeUnit.MILLISECONDS, ReplicaSet::runInNewThread)
        .execute(() -> electAgain(old, term));
  }

  private static void runInNewThread(Runnable task) {
    Thread thread = new Thread(task, "mongo-simulator-election");
    thread.setDaemon(true);
    thread.start();
  }

  private void electAgain(int old, long term) {
    lock.change(() -> {
      // Unless a member was elected meanwhile.
      if (!closed && election.primary() == Election.NONE && election.term() == term) {
        election.electAfter(old);
        oplog.append(Change.noop());
      }
    });
  }

  /** The failCommand fail point; null when it is off. */
  public @Nullable FailPoint failPoint() {
    return failPoint;
  }

  public void setFailPoint(@Nullable FailPoint failPoint) {
    this.failPoint = failPoint;
  }

  boolean isClosed() {
    return closed;
  }

  public void close() {
    lock.change(() -> closed = true);
  }
}
