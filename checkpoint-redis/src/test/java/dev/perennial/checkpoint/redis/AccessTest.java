package dev.perennial.checkpoint.redis;

import static dev.perennial.checkpoint.redis.StoreFixtures.NOTHING;
import static dev.perennial.checkpoint.redis.StoreFixtures.ONE;
import static dev.perennial.checkpoint.redis.StoreFixtures.admin;
import static dev.perennial.checkpoint.redis.StoreFixtures.failure;
import static dev.perennial.checkpoint.redis.StoreFixtures.impatient;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import dev.perennial.simulators.redis.RedisServer;
import dev.perennial.simulators.redis.RedisServerBuilder;
import io.lettuce.core.RedisURI;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Addresses, users and passwords, and that these stay secret. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class AccessTest {

  private static final String SECRET = "s3cret-Word";

  /** What docs/operate.md says that a user needs. */
  static final String[] NEEDED = {
    "~perennial:*",
    "+@connection",
    "+evalsha",
    "+eval",
    "+time",
    "+type",
    "+hmget",
    "+hset",
    "+hdel",
    "+hexists",
    "+del",
    "+persist",
    "+pexpire",
    "+scan"
  };

  private static void keepsTheSecret(Throwable error) {
    StringWriter text = new StringWriter();
    error.printStackTrace(new PrintWriter(text));
    assertThat(text.toString()).doesNotContain(SECRET);
  }

  @Test
  void needsNoMoreThanItSays() throws Exception {
    for (boolean carried : new boolean[] {false, true}) {
      RedisServerBuilder server = RedisServer.builder().user("ann", SECRET, NEEDED);
      try (RedisServer redis = (carried ? server.carried() : server).start();
          RedisCheckpointStore store =
              impatient("redis://ann:" + SECRET + "@127.0.0.1:" + redis.port())
                  .timeToLive(Duration.ofHours(1))
                  .build()) {
        try (CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow()) {
          claim.save(ONE);
          redis.command("DEL", StoreFixtures.KEY);
          claim.save(ONE);
          assertThat(claim.load()).contains(ONE);
        }
        assertThat(admin(store).streamIds()).containsExactly("orders");
        assertThat(admin(store).load("orders")).contains(ONE);
        assertThat(admin(store).delete("orders")).isTrue();
        assertThat(store.toString()).doesNotContain(SECRET).contains("127.0.0.1:" + redis.port());
      }
    }
  }

  @Test
  void saysWhatIsWrongWithTheCredentials() {
    try (RedisServer redis =
        RedisServer.builder()
            .password(SECRET)
            .user("ann", SECRET, "~perennial:*", "+@connection", "+hmget")
            .start()) {
      String place = "127.0.0.1:" + redis.port();
      refused("redis://" + place, "requires a password");
      refused("redis://:" + SECRET + "x@" + place, "refuses the user name or the password");
      refused("redis://ann:" + SECRET + "x@" + place, "refuses the user name or the password");
      refused("redis://ann:" + SECRET + "@" + place, "evalsha");
    }
  }

  private static void refused(String uri, String words) {
    try (RedisCheckpointStore store = impatient(uri).build()) {
      CheckpointException failure = failure(() -> store.tryClaim("orders", NOTHING));
      assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
      assertThat(failure).hasMessageContaining(words).hasMessageContaining("127.0.0.1:");
      assertThat(failure).hasMessageContaining("Cannot claim checkpoint");
      keepsTheSecret(failure);
    }
  }

  @Test
  void saysAtOnceThatNobodyListens() throws Exception {
    // A socket that is bound and does not listen keeps the port from everybody else.
    Socket held = new Socket();
    held.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    int port = held.getLocalPort();
    try (held;
        RedisCheckpointStore store =
            RedisCheckpointStore.at("redis://ann:" + SECRET + "@127.0.0.1:" + port)) {
      CheckpointException failure = failure(() -> store.tryClaim("orders", NOTHING));
      assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
      assertThat(failure)
          .hasMessageContaining("cannot be reached")
          .hasMessageContaining("refused")
          .hasMessageContaining("127.0.0.1:" + port);
      keepsTheSecret(failure);
    }
  }

  @Test
  void saysWithinTheTimeoutThatNobodyAnswers() throws Exception {
    try (ServerSocket mute = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        RedisCheckpointStore store =
            RedisCheckpointStore.at(
                "redis://ann:" + SECRET + "@127.0.0.1:" + mute.getLocalPort() + "?timeout=300ms")) {
      CheckpointException failure = failure(() -> store.tryClaim("orders", NOTHING));
      assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
      assertThat(failure).hasMessageContaining("did not answer within 300 ms");
      keepsTheSecret(failure);
    }
  }

  @Test
  void saysThatTheNameLeadsNowhere() {
    try (RedisCheckpointStore store =
        RedisCheckpointStore.at("redis://ann:" + SECRET + "@no-such-host.invalid?timeout=10s")) {
      CheckpointException failure = failure(() -> admin(store).load("orders"));
      assertThat(failure).hasMessageContaining("no-such-host.invalid");
      keepsTheSecret(failure);
    }
  }

  @Test
  void refusesWhatIsNoAddress() {
    for (String address :
        List.of(
            "http://:" + SECRET + "@host",
            "redis://:" + SECRET + "@ho st:6379",
            "redis://:" + SECRET + "@",
            "redis://:" + SECRET + "@host:port",
            "redis-sentinel://:" + SECRET + "@host:26379",
            SECRET,
            "")) {
      Throwable failure = catchThrowable(() -> RedisCheckpointStore.at(address));
      assertThat(failure)
          .as(address)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("redis://host:6379");
      keepsTheSecret(failure);
    }
  }

  @Test
  void refusesOptionsThatMakeNoSense() {
    RedisCheckpointStoreBuilder builder = impatient("redis://127.0.0.1");
    assertThatThrownBy(() -> builder.claimExpiry(Duration.ofMillis(999)))
        .hasMessageContaining("at least 1 s");
    assertThatThrownBy(() -> builder.claimExpiry(Duration.ofDays(366)))
        .hasMessageContaining("at most 365 d");
    assertThatThrownBy(() ->
            RedisCheckpointStore.builder(RedisURI.create("redis://127.0.0.1?timeout=16s")).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("16 s")
        .hasMessageContaining("15 s");
    assertThatThrownBy(() -> builder.timeToLive(Duration.ofSeconds(Long.MAX_VALUE)).build())
        .hasMessageContaining("at most 36,500 d");
    assertThatThrownBy(() -> builder.commandTimeout(Duration.ZERO))
        .hasMessageContaining("over zero");
    assertThatThrownBy(() -> builder.prefix("")).hasMessageContaining("prefix");
    assertThatThrownBy(() -> builder.prefix("a{b}")).hasMessageContaining("braces");
    assertThatThrownBy(() -> builder.timeToLive(Duration.ofSeconds(1)).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be longer");
    try (RedisCheckpointStore store = impatient("redis://127.0.0.1").build()) {
      assertThatThrownBy(() -> store.tryClaim("", NOTHING))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> admin(store).load("\ud800"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("surrogate");
    }
  }
}
