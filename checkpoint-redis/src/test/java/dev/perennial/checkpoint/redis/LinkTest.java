package dev.perennial.checkpoint.redis;

import static dev.perennial.checkpoint.redis.Given.failure;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What can be seen of the connection without a server. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LinkTest {

  private static final Duration TIMEOUT = Duration.ofHours(1);

  private final AtomicInteger troubled = new AtomicInteger();
  private final TestRuntime runtime = new TestRuntime();

  private final Connector refused =
      new Connector() {
        @Override
        public Session connect() {
          throw new IllegalStateException("refused");
        }

        @Override
        public void troubled() {
          troubled.incrementAndGet();
        }

        @Override
        public String address() {
          return "Redis";
        }
      };

  @Test
  void looksForAnotherServerOncePerTimeoutHoweverManyCallsFail() {
    Link link = new Link(refused, TIMEOUT, runtime);
    for (int round = 1; round <= 3; round++) {
      for (int i = 0; i < 50; i++) {
        assertThat(failure(() -> link.call("It failed", commands -> commands.get("key"))))
            .hasMessageContaining("refused");
      }
      assertThat(troubled).hasValue(round);
      runtime.ahead.addAndGet(TIMEOUT.toNanos());
    }
  }
}
