package dev.perennial.checkpoint.redis;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Tries for the claim on "orders" without end, and saves as fast as it may while it has it. A
 * position is "name claim number": which claimant, its how many-th claim, and the number of the
 * save.
 */
final class ClaimingClient implements Runnable {

  private static final long BETWEEN_TRIES = Duration.ofMillis(100).toNanos();
  private static final long BETWEEN_SAVES = Duration.ofMillis(5).toNanos();

  private final String name;
  private final RedisCheckpointStore store;
  private final Consumer<String> report;
  private volatile boolean stopped;
  private int claims;

  ClaimingClient(String name, RedisCheckpointStore store, Consumer<String> report) {
    this.name = name;
    this.store = store;
    this.report = report;
  }

  /** A process of its own: its arguments are a name, an address, and the claim's expiry. */
  public static void main(String[] arguments) {
    try (RedisCheckpointStore store =
        store(arguments[1], Duration.ofMillis(Long.parseLong(arguments[2])))) {
      new ClaimingClient(
              arguments[0],
              store,
              text -> {
                System.out.println(text);
                System.out.flush();
              })
          .run();
    }
  }

  static RedisCheckpointStore store(String uri, Duration expiry) {
    return RedisCheckpointStore.builder(RedisURI.create(uri))
        .claimExpiry(expiry)
        .commandTimeout(expiry)
        .build();
  }

  void stop() {
    stopped = true;
  }

  @Override
  public void run() {
    while (!stopped) {
      try {
        Optional<CheckpointClaim> claimed =
            store.tryClaim("orders", why -> report.accept(name + " lost"));
        if (claimed.isPresent()) {
          claims++;
          report.accept(name + " claimed");
          save(claimed.get());
        }
      } catch (CheckpointException e) {
        if (e.reason() != Reason.UNAVAILABLE) {
          report.accept(name + " died: " + e);
          return;
        }
      } catch (Throwable e) {
        report.accept(name + " died: " + e);
        throw e;
      }
      LockSupport.parkNanos(BETWEEN_TRIES);
    }
  }

  private void save(CheckpointClaim claim) throws CheckpointException {
    for (long number = 1; !stopped; number++) {
      try {
        claim.save(new Checkpoint("test", "", name + " " + claims + " " + number));
      } catch (CheckpointException e) {
        if (e.reason() == Reason.CLAIM_LOST) {
          report.accept(name + " lost");
          claim.close();
          return;
        }
      }
      LockSupport.parkNanos(BETWEEN_SAVES);
    }
    claim.close();
  }
}
