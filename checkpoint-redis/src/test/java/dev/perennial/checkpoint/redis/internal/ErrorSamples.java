package dev.perennial.checkpoint.redis.internal;

import io.lettuce.core.RedisCommandExecutionException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** The messages that the store makes of errors of Redis and of the network. */
public final class ErrorSamples {

  private static final RedisErrors ERRORS =
      new RedisErrors("Redis at h:1", Duration.ofMillis(1500));

  private ErrorSamples() {}

  /**
   * Returns a message for each kind of error.
   *
   * @param secret what an old server repeats of the command that it does not know
   */
  public static Stream<String> messages(String secret) {
    Stream<Throwable> ofServer =
        Stream.of(
                "OOM command not allowed when used memory > 'maxmemory'.",
                "LOADING Redis is loading the dataset in memory",
                "BUSY Redis is busy running a script.",
                "MISCONF Redis is configured to save RDB snapshots",
                "MASTERDOWN Link with MASTER is down",
                "NOREPLICAS Not enough good replicas to write.",
                "NOAUTH Authentication required.",
                "WRONGPASS invalid username-password pair or user is disabled.",
                "ERR invalid password",
                "NOPERM User ann has no permissions to run the 'evalsha' command",
                "READONLY You can't write against a read only replica.",
                "WRONGTYPE Operation against a key",
                "MOVED 866 10.0.0.2:6379",
                "CLUSTERDOWN Hash slot not served",
                "TRYAGAIN Multiple keys request during rehashing of slot",
                "ERR unknown command `EVALSHA`, with args beginning with: `" + secret + "`, ",
                "ERR something new\nin two lines. " + "x".repeat(1000))
            .map(RedisCommandExecutionException::new);
    List<Throwable> ofNetwork =
        List.of(new TimeoutException(), new ConnectException("refused"), new AssertionError("x"));
    return Stream.concat(ofServer, ofNetwork.stream())
        .map(error ->
            String.valueOf(ERRORS.explain("Cannot save checkpoint x", error).getMessage()));
  }
}
