package dev.perennial.checkpoint.redis.internal;

import dev.perennial.port.CheckpointException;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Timer;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Renews all claims of a store, with one timer and at most one thread, many in one go. Safe for use
 * from any thread.
 */
public final class ClaimRenewer {

  /** A claim survives two renewals that fail. */
  private static final int PER_EXPIRY = 3;

  /** How soon renewals that failed are tried again. */
  private static final Duration RETRY = Duration.ofSeconds(1);

  /** So many that the way there and back matters little, and so few that a save need not wait. */
  private static final int BATCH = 100;

  /** What became of a batch. */
  private enum Outcome {
    RENEWED,
    /** A server answered, with an error at least once. */
    REFUSED,
    /** A server did not answer. */
    OUT_OF_REACH
  }

  private final SharedConnection link;
  private final StreamRuntime runtime;
  private final TroubleReporter trouble;
  private final Duration interval;
  private final Set<RedisClaim> slots = ConcurrentHashMap.newKeySet();

  /** Guarded by this object: whether a round is to come or under way. */
  private boolean running;

  /** Guarded by this object. */
  private boolean closed;

  /** Guarded by this object. */
  private @Nullable Timer timer;

  public ClaimRenewer(
      SharedConnection link, Duration expiry, StreamRuntime runtime, TroubleReporter trouble) {
    this.link = link;
    this.runtime = runtime;
    this.trouble = trouble;
    this.interval = expiry.dividedBy(PER_EXPIRY);
  }

  public synchronized void add(RedisClaim slot) {
    slots.add(slot);
    if (!running && !closed) {
      schedule(interval);
    }
  }

  public void remove(RedisClaim slot) {
    slots.remove(slot);
  }

  /** Renews no more. */
  public synchronized void close() {
    closed = true;
    slots.clear();
    if (timer != null) {
      timer.cancel();
    }
  }

  private synchronized void schedule(Duration delay) {
    running = true;
    timer = runtime.schedule(delay, this::begin);
  }

  private void begin() {
    boolean begun = false;
    try {
      runtime.execute(this::round);
      begun = true;
    } finally {
      if (!begun) {
        next(false);
      }
    }
  }

  private void round() {
    boolean renewed = false;
    try {
      renewed = renewAll();
    } finally {
      // Whatever it was, also an Error.
      next(renewed);
    }
  }

  private synchronized void next(boolean renewed) {
    running = false;
    if (!closed && !slots.isEmpty()) {
      schedule(renewed || interval.compareTo(RETRY) < 0 ? interval : RETRY);
    }
  }

  /**
   * Goes on behind those that fail. Only where nobody can be reached does it stop, because the
   * others would fail as well, each after a timeout; and where some may be reached and others not,
   * it sends all the others in one go, to wait no more than one timeout more.
   */
  private boolean renewAll() {
    List<RedisClaim> rest = List.copyOf(slots);
    boolean renewed = true;
    int size = BATCH;
    while (!rest.isEmpty()) {
      int end = Math.min(size, rest.size());
      Outcome outcome = renew(rest.subList(0, end));
      rest = rest.subList(end, rest.size());
      renewed &= outcome == Outcome.RENEWED;
      if (outcome == Outcome.OUT_OF_REACH) {
        if (!link.hasSeveralServers()) {
          return false;
        }
        size = rest.size();
      }
    }
    return renewed;
  }

  private Outcome renew(List<RedisClaim> batch) {
    List<CompletableFuture<List<Object>>> answers = new ArrayList<>();
    Outcome outcome = Outcome.RENEWED;
    try {
      link.call(
          "Claims were not renewed, that of " + batch.get(0) + " among them",
          commands -> send(batch, commands, answers));
    } catch (CheckpointException e) {
      trouble.tell(e);
      outcome = RedisErrors.breaksConnection(e.getCause()) ? Outcome.OUT_OF_REACH : Outcome.REFUSED;
    }
    for (int i = 0; i < answers.size(); i++) {
      CompletableFuture<List<Object>> answer = answers.get(i);
      if (answer.isDone() && !answer.isCompletedExceptionally()) {
        batch.get(i).renewed(answer.join());
      }
    }
    return outcome;
  }

  private static CompletableFuture<Void> send(
      List<RedisClaim> batch,
      RedisClusterAsyncCommands<String, String> commands,
      List<CompletableFuture<List<Object>>> answers) {
    for (RedisClaim slot : batch) {
      answers.add(
          SharedConnection.eval(commands, Script.KEEP, slot.key(), slot.renewal())
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
  }
}
