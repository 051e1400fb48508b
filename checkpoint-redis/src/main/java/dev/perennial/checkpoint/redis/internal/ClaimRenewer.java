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
 * The renewer of all claims of a store: one timer and at most one thread, with many claims in one
 * call. Safe for use from any thread.
 */
public final class ClaimRenewer {

  /** Renewals per expiry: a claim survives two that fail. */
  private static final int PER_EXPIRY = 3;

  /** How soon failed renewals are retried. */
  private static final Duration RETRY = Duration.ofSeconds(1);

  /** Claims per call: enough to hide the round trip, few enough that a save does not wait. */
  private static final int BATCH = 100;

  /** The outcome of a batch. */
  private enum Outcome {
    RENEWED,
    /** A server answered at least once with an error. */
    REFUSED,
    /** A server did not answer. */
    OUT_OF_REACH
  }

  private final SharedConnection connection;
  private final StreamRuntime runtime;
  private final TroubleReporter trouble;
  private final Duration interval;
  private final Set<RedisClaim> claims = ConcurrentHashMap.newKeySet();

  /** Whether a round is scheduled or running. Guarded by this object. */
  private boolean running;

  /** Guarded by this object. */
  private boolean closed;

  /** Guarded by this object. */
  private @Nullable Timer timer;

  public ClaimRenewer(
      SharedConnection connection,
      Duration expiry,
      StreamRuntime runtime,
      TroubleReporter trouble) {
    this.connection = connection;
    this.runtime = runtime;
    this.trouble = trouble;
    this.interval = expiry.dividedBy(PER_EXPIRY);
  }

  public synchronized void add(RedisClaim claim) {
    claims.add(claim);
    if (!running && !closed) {
      schedule(interval);
    }
  }

  public void remove(RedisClaim claim) {
    claims.remove(claim);
  }

  /** Stops all renewals. */
  public synchronized void close() {
    closed = true;
    claims.clear();
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
      // After any failure, an Error included.
      next(renewed);
    }
  }

  private synchronized void next(boolean renewed) {
    running = false;
    if (!closed && !claims.isEmpty()) {
      schedule(renewed || interval.compareTo(RETRY) < 0 ? interval : RETRY);
    }
  }

  /**
   * Renews all claims, also after some have failed. If the server cannot be reached it stops,
   * because the others would fail as well, each after a timeout. With several servers it sends all
   * the others in one call, to wait for only one timeout more.
   */
  private boolean renewAll() {
    List<RedisClaim> rest = List.copyOf(claims);
    boolean renewed = true;
    int size = BATCH;
    while (!rest.isEmpty()) {
      int end = Math.min(size, rest.size());
      Outcome outcome = renew(rest.subList(0, end));
      rest = rest.subList(end, rest.size());
      renewed &= outcome == Outcome.RENEWED;
      if (outcome == Outcome.OUT_OF_REACH) {
        if (!connection.hasSeveralServers()) {
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
      connection.call(describe(batch), commands -> send(batch, commands, answers));
    } catch (CheckpointException e) {
      trouble.report(e);
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

  private static String describe(List<RedisClaim> batch) {
    int others = batch.size() - 1;
    return "Cannot renew the claim on checkpoint "
        + batch.get(0).hash()
        + (others == 0 ? "" : " and " + others + " others");
  }

  private static CompletableFuture<Void> send(
      List<RedisClaim> batch,
      RedisClusterAsyncCommands<String, String> commands,
      List<CompletableFuture<List<Object>>> answers) {
    for (RedisClaim claim : batch) {
      answers.add(
          SharedConnection.eval(commands, Script.KEEP, claim.key(), claim.renewal())
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
  }
}
