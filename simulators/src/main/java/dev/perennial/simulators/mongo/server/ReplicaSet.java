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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.bson.types.ObjectId;
import org.jspecify.annotations.Nullable;

/**
 * What all members share, since here every write reaches all of them at once: the data, the oplog,
 * the election, the cursors. Everything in it is guarded by {@link #lock}, and each change that
 * somebody may wait for signals {@link #changed}.
 */
public final class ReplicaSet {

  /** Shorter than a real election, and long enough to be noticed. */
  private static final long NO_PRIMARY_MILLIS = 100;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final AtomicInteger connectionNumbers = new AtomicInteger();

  private final Settings settings;
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

  public ReplicaSet(Settings settings) {
    this.settings = settings;
    this.id = id(settings.seed());
    this.clock = new ClusterClock(settings.clock());
    this.oplog = new Oplog(settings.oplogLimit(), clock, changed::signalAll);
    this.catalog = new Catalog(settings.seed());
    this.election = new Election(settings.members(), settings.seed());
    this.cursors = new Cursors(settings.seed());
    this.documents = new Documents(catalog, oplog);
    this.transactions = new Transactions(catalog, oplog);
    for (int i = 0; i < settings.members(); i++) {
      members.add(new Member(this, i));
    }
    change(() -> oplog.append(Change.noop()));
  }

  /** What is done with the lock held. */
  public interface Action<T extends @Nullable Object, E extends Exception> {
    T run() throws E;
  }

  public <T extends @Nullable Object, E extends Exception> T locked(Action<T, E> action) throws E {
    lock.lock();
    try {
      return action.run();
    } finally {
      lock.unlock();
    }
  }

  /** Does what somebody may wait for. */
  public void change(Runnable action) {
    lock.lock();
    try {
      action.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Wakes whoever waits in {@link #await}. Called with the lock held. */
  void signalChange() {
    changed.signalAll();
  }

  /**
   * Waits, with the lock held, until a condition is met or the time is over.
   *
   * @return whether the condition is met
   */
  boolean await(long nanos, BooleanSupplier condition) throws InterruptedException {
    long left = nanos;
    while (!condition.getAsBoolean()) {
      if (left <= 0) {
        return false;
      }
      left = changed.awaitNanos(left);
    }
    return true;
  }

  /** The number of the next connection: 1 for the first one of all members. */
  int nextConnectionNumber() {
    return connectionNumbers.incrementAndGet();
  }

  /** The members, in order; the list never changes. */
  public List<Member> members() {
    return members;
  }

  /** As a set gets one when it is initiated, the same for the same seed. */
  private static ObjectId id(long seed) {
    byte[] bytes = new byte[12];
    new Random(seed).nextBytes(bytes);
    return new ObjectId(bytes);
  }

  /** The set's own id, whatever happens to its members. */
  public ObjectId id() {
    return id;
  }

  public Settings settings() {
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
   * Moves the primary to another member, in a term of its own. As with the server since 4.2,
   * connections and cursors live on, also on the member that was primary, and so does a getMore
   * that waits.
   */
  public void stepDown() {
    election.stepDown();
    oplog.append(Change.noop());
  }

  /**
   * The same, but as a real set does it: for a while there is no primary, also in a set of one
   * member, which then elects itself.
   */
  public void stepDownForAWhile() {
    int old = election.primary();
    election.elect(Election.NONE);
    long term = election.term();
    changed.signalAll();
    CompletableFuture.delayedExecutor(
            NO_PRIMARY_MILLIS, TimeUnit.MILLISECONDS, ReplicaSet::inThreadOfItsOwn)
        .execute(() -> electAgain(old, term));
  }

  private static void inThreadOfItsOwn(Runnable task) {
    Thread thread = new Thread(task, "mongo-simulator-election");
    thread.setDaemon(true);
    thread.start();
  }

  private void electAgain(int old, long term) {
    change(() -> {
      // Unless somebody was elected meanwhile.
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
    change(() -> closed = true);
  }
}
