package dev.perennial.checkpoint.redis.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedisErrorsTest {

  private static final RedisErrors ERRORS =
      new RedisErrors("Redis at host:6379", Duration.ofMillis(1_500));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "READONLY You can't write against a read only replica. script: 0a, on @user_script:3. | read-only",
        "ERR Error running script (call to f_0a): @user_script:3: @user_script: 3: -READONLY You can't write | read-only",
        "ERR Error running script (call to f_0a): @user_script:3: @user_script: 3: -OOM command not allowed | maxmemory",
        "OOM command not allowed when used memory > 'maxmemory'. | maxmemory",
        "LOADING Redis is loading the dataset in memory | still loading",
        "BUSY Redis is busy running a script. | BUSY",
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to | to its disk",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'. | lost its primary",
        "NOREPLICAS Not enough good replicas to write. | min-replicas-to-write",
        "NOAUTH Authentication required. | password",
        "WRONGPASS invalid username-password pair or user is disabled. | refuses the user name",
        "ERR invalid password | refuses the user name",
        "NOPERM User ann has no permissions to run the 'evalsha' command | 'evalsha'",
        "MOVED 866 10.0.0.2:6379 | RedisClusterClient",
        "CLUSTERDOWN Hash claim not served | no node serves",
        "TRYAGAIN Multiple keys request during rehashing of claim | moving the key",
        "ERR unknown command `EVALSHA`, with args beginning with: `s3cret`, | Redis 5 or newer",
        "ERR something new | something new"
      })
  void saysWhatItIsAndWhere(String text, String words) {
    CheckpointException error =
        ERRORS.explain("Cannot save checkpoint x", new RedisCommandExecutionException(text));
    assertThat(error.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(error)
        .hasMessageStartingWith("Cannot save checkpoint x: Redis at host:6379 ")
        .hasMessageContaining(words);
    StringWriter trace = new StringWriter();
    error.printStackTrace(new PrintWriter(trace));
    assertThat(trace.toString()).doesNotContain("s3cret");
  }

  @Test
  void tellsSilenceFromAbsence() {
    assertThat(ERRORS.explain("x", new TimeoutException()))
        .hasMessageContaining("did not answer within 1.5 s");
    Exception refused =
        new RedisConnectionException("Unable to connect", new ConnectException("refused"));
    assertThat(ERRORS.explain("x", refused)).hasMessageContaining("cannot be reached (refused)");
    assertThat(
            ERRORS.explain("x", new RedisCommandExecutionException("WRONGTYPE Operation")).reason())
        .isEqualTo(Reason.CORRUPT);
  }

  @Test
  void findsWhatTheServerSaidInsideAFailedConnection() {
    Exception refused =
        new RedisConnectionException(
            "Unable to connect", new RedisCommandExecutionException("WRONGPASS invalid"));
    assertThat(ERRORS.explain("x", refused)).hasMessageContaining("refuses the user name");
  }

  @Test
  void replacesAConnectionThatAnotherMayBeBetterThan() {
    assertThat(RedisErrors.breaksConnection(new TimeoutException())).isTrue();
    assertThat(RedisErrors.breaksConnection(new RedisCommandExecutionException("READONLY x")))
        .isTrue();
    assertThat(RedisErrors.breaksConnection(new RedisCommandExecutionException("OOM x"))).isFalse();
    assertThat(RedisErrors.isUnknownScript(new RedisCommandExecutionException("NOSCRIPT x")))
        .isTrue();
  }
}
