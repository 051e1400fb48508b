package dev.perennial.simulators.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RedisServerTest {

  @Test
  void answersUntilClosedAndLeavesNothingBehind() {
    RedisServer redis = RedisServer.start();
    assertThat(redis.command("PING")).isEqualTo("PONG");
    assertThat(redis.uri()).isEqualTo("redis://127.0.0.1:" + redis.port());
    assertThat(redis.version()).matches("\\d+\\.\\d+\\.\\d+");
    ProcessHandle process = ProcessHandle.of(redis.pid()).orElseThrow();
    redis.close();
    redis.close();
    assertThat(process.isAlive()).isFalse();
    assertThat(Files.exists(redis.directory())).isFalse();
    assertThatThrownBy(() -> redis.command("PING")).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void runsTheServerThatComesWithTheLibrary() {
    Assumptions.assumeTrue(
        System.getProperty("os.name").equals("Linux"), "its libraries are known for Linux only");
    try (RedisServer redis = RedisServer.builder().carried().persistent().start()) {
      assertThat(redis.version()).startsWith("6.2.");
      redis.command("SET", "a", "1");
      assertThat(redis.writes()).contains(List.of("SET", "a", "1"));
    }
  }

  @Test
  void keepsItsDataOnlyIfPersistent() {
    try (RedisServer forgetful = RedisServer.start();
        RedisServer persistent = RedisServer.builder().persistent().start()) {
      for (RedisServer redis : List.of(forgetful, persistent)) {
        redis.command("SET", "a", "1");
        int port = redis.port();
        redis.kill();
        assertThat(redis.isAlive()).isFalse();
        redis.restart();
        assertThat(redis.port()).isEqualTo(port);
      }
      assertThat(forgetful.command("GET", "a")).isNull();
      assertThat(persistent.command("GET", "a")).isEqualTo("1");
    }
  }

  @Test
  void logsTheCommandsOfAScriptOneByOneInOrder() {
    try (RedisServer redis = RedisServer.builder().persistent().start()) {
      redis.command(
          "EVAL", "redis.call('SET', KEYS[1], '1') redis.call('INCR', KEYS[1])", "1", "a");
      redis.kill();
      assertThat(redis.writes())
          .filteredOn(command -> command.contains("a"))
          .containsExactly(List.of("SET", "a", "1"), List.of("INCR", "a"));
    }
    try (RedisServer redis = RedisServer.start()) {
      assertThatThrownBy(redis::writes).hasMessageContaining("persistent()");
    }
  }

  @Test
  void answersNothingWhilePaused() {
    try (RedisServer redis = RedisServer.start()) {
      redis.pause();
      assertThat(redis.isAlive()).isTrue();
      assertThatThrownBy(() -> redis.command("PING")).isInstanceOf(UncheckedIOException.class);
      redis.resume();
      assertThat(redis.command("PING")).isEqualTo("PONG");
      redis.pause();
    }
  }

  @Test
  void knowsUsersAndPasswords() {
    try (RedisServer redis =
        RedisServer.builder().password("secret").user("ann", "pw", "~a*", "+get").start()) {
      assertThat(redis.uri()).isEqualTo("redis://:secret@127.0.0.1:" + redis.port());
      assertThat(redis.toString()).doesNotContain("secret");
      assertThat(redis.command("ACL", "LIST").toString()).contains("user ann on");
      assertThatThrownBy(() -> redis.command("AUTH", "wrong"))
          .isInstanceOf(RedisReplyException.class)
          .hasMessageContaining("WRONGPASS");
    }
  }

  @Test
  void reportsTheServersOutputWhenItDoesNotStart() {
    assertThatThrownBy(() -> RedisServer.builder().config("no-such-setting 1").start())
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("no-such-setting");
  }
}
