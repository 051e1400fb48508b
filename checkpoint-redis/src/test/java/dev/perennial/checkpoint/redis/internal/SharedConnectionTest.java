package dev.perennial.checkpoint.redis.internal;

import static dev.perennial.checkpoint.redis.StoreFixtures.failure;
import static dev.perennial.checkpoint.redis.StoreFixtures.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import dev.perennial.checkpoint.redis.TestRuntime;
import dev.perennial.checkpoint.redis.internal.Connector.LettuceConnection;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.api.StatefulConnection;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What can be seen of the connection without a server. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SharedConnectionTest {

  private static final Duration TIMEOUT = Duration.ofHours(1);

  private final AtomicInteger troubled = new AtomicInteger();
  private final TestRuntime runtime = new TestRuntime();

  private final Connector refused =
      new Connector() {
        @Override
        public LettuceConnection connect() {
          throw new IllegalStateException("refused");
        }

        @Override
        public void callFailed() {
          troubled.incrementAndGet();
        }

        @Override
        public String address() {
          return "Redis";
        }
      };

  @Test
  void looksForAnotherServerOncePerTimeoutHoweverManyCallsFail() {
    SharedConnection connection = new SharedConnection(refused, TIMEOUT, runtime);
    for (int round = 1; round <= 3; round++) {
      for (int i = 0; i < 50; i++) {
        assertThat(failure(() -> connection.call("It failed", commands -> commands.get("key"))))
            .hasMessageContaining("refused");
      }
      assertThat(troubled).hasValue(round);
      runtime.ahead.addAndGet(TIMEOUT.toNanos());
    }
  }

  @Test
  void usesAClustersConnectionUntilThereIsANewOneIfAServerIsSilent() throws Exception {
    Offered connector = new Offered(true);
    LettuceConnection first = connector.offer();
    SharedConnection connection = new SharedConnection(connector, TIMEOUT, runtime);
    assertThat(used(connection)).isSameAs(first.commands());

    assertThat(silence(connection).reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(silence(connection).reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(used(connection)).as("while the new one hangs").isSameAs(first.commands());
    verify(first.connection(), never()).closeAsync();

    LettuceConnection second = connector.offer();
    soon().until(() -> used(connection) == second.commands());
    verify(first.connection(), never()).closeAsync();
    runtime.timers.get(0).run();
    verify(first.connection()).closeAsync();
    assertThat(connector.asked).hasValue(2);
  }

  static List<Exception> failuresOfOneServer() {
    return List.of(
        new RedisConnectionException("Unable to connect to 10.0.0.9:6379"),
        new ConnectException("refused"),
        new RedisCommandExecutionException("CLUSTERDOWN Hash claim not served"),
        new RedisCommandExecutionException(
            "READONLY You can't write against a read only replica."));
  }

  @ParameterizedTest
  @MethodSource("failuresOfOneServer")
  void usesAClustersConnectionUntilThereIsANewOneIfAServerFails(Exception error) throws Exception {
    Offered connector = new Offered(true);
    LettuceConnection first = connector.offer();
    SharedConnection connection = new SharedConnection(connector, TIMEOUT, runtime);
    assertThat(used(connection)).isSameAs(first.commands());

    silence(connection);
    failure(() -> connection.call("It failed", commands -> CompletableFuture.failedFuture(error)));
    assertThat(used(connection)).as("while the new one hangs").isSameAs(first.commands());
    LettuceConnection second = connector.offer();
    soon().until(() -> used(connection) == second.commands());
    verify(second.connection(), never()).closeAsync();
    assertThat(connector.asked).hasValue(2);

    verify(first.connection(), never()).closeAsync();
    connection.close();
    verify(first.connection()).closeAsync();
    verify(second.connection()).closeAsync();
  }

  @Test
  void usesAClustersConnectionOnIfNoNewOneCanBeMade() throws Exception {
    Offered connector = new Offered(true);
    LettuceConnection first = connector.offer();
    SharedConnection connection = new SharedConnection(connector, TIMEOUT, runtime);
    assertThat(used(connection)).isSameAs(first.commands());

    connector.refuses = true;
    for (int failures = 2; failures <= 3; failures++) {
      int asked = failures - 1;
      assertThat(used(connection)).isSameAs(first.commands());
      // The attempt is over once another may begin.
      soon()
          .until(() -> {
            silence(connection);
            return connector.asked.get() > asked;
          });
    }
    verify(first.connection(), never()).closeAsync();
  }

  @Test
  void replacesAConnectionToOneServerBeforeItIsUsedAgain() throws Exception {
    Offered connector = new Offered(false);
    LettuceConnection first = connector.offer();
    SharedConnection connection = new SharedConnection(connector, TIMEOUT, runtime);
    assertThat(used(connection)).isSameAs(first.commands());

    silence(connection);
    verify(first.connection()).closeAsync();
    LettuceConnection second = connector.offer();
    assertThat(used(connection)).isSameAs(second.commands());
  }

  @Test
  void closesAConnectionThatComesAfterTheStoreWasClosed() throws Exception {
    Offered connector = new Offered(true);
    LettuceConnection first = connector.offer();
    SharedConnection connection = new SharedConnection(connector, TIMEOUT, runtime);
    assertThat(used(connection)).isSameAs(first.commands());

    silence(connection);
    soon().untilAtomic(connector.asked, greaterThanOrEqualTo(2));
    connection.close();
    assertThat(connector.closed).isTrue();
    LettuceConnection second = connector.offer();
    verify(second.connection(), timeout(TIMEOUT.toMillis())).closeAsync();
    verify(first.connection()).closeAsync();
    assertThat(failure(() -> used(connection))).hasMessageContaining("closed");
  }

  @Test
  void aCallThatIsGivenUpIsTakenBackAndAnInterruptStaysVisible() throws Exception {
    Offered connector = new Offered(false);
    connector.offer();
    SharedConnection connection = new SharedConnection(connector, TIMEOUT, runtime);
    used(connection);
    CompletableFuture<String> unanswered = new CompletableFuture<>();
    Thread.currentThread().interrupt();
    CheckpointException interrupted =
        failure(() -> connection.call("It failed", commands -> new CompletableFuture<>()));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(interrupted).hasMessageContaining("interrupted");

    Thread caller = Thread.currentThread();
    CheckpointException later =
        failure(() ->
            connection.call(
                "It failed",
                commands -> {
                  caller.interrupt();
                  return unanswered;
                }));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(later).hasMessageContaining("interrupted");
    assertThat(unanswered).isCancelled();
  }

  @Test
  void connectsTwiceIfTheClientHidesWhyItWasRefused() {
    AtomicInteger asked = new AtomicInteger();
    Connector hiding =
        new Connector() {
          @Override
          public LettuceConnection connect() {
            throw new RedisConnectionException(
                asked.incrementAndGet() == 1 ? "Connection closed prematurely" : "WRONGPASS no");
          }

          @Override
          public String address() {
            return "Redis";
          }
        };
    SharedConnection connection = new SharedConnection(hiding, TIMEOUT, runtime);
    assertThat(failure(() -> used(connection))).hasMessageContaining("WRONGPASS");
    assertThat(asked).hasValue(2);
  }

  /** The commands of the connection that a call is made over. */
  private static Object used(SharedConnection connection) throws CheckpointException {
    return connection.call("It failed", CompletableFuture::completedFuture);
  }

  /** The error of a call that a server leaves without an answer. */
  private static CheckpointException silence(SharedConnection connection) throws Exception {
    return failure(() ->
        connection.call(
            "It failed",
            commands -> CompletableFuture.failedFuture(new RedisCommandTimeoutException("late"))));
  }

  /** Connects as soon as a connection is offered. */
  private static final class Offered implements Connector {

    private final BlockingQueue<LettuceConnection> offered = new LinkedBlockingQueue<>();
    private final AtomicInteger asked = new AtomicInteger();
    private final boolean severalServers;
    private volatile boolean refuses;
    private volatile boolean closed;

    private Offered(boolean severalServers) {
      this.severalServers = severalServers;
    }

    @SuppressWarnings("unchecked")
    private LettuceConnection offer() {
      StatefulConnection<String, String> connection = mock();
      when(connection.isOpen()).thenReturn(true);
      when(connection.closeAsync()).thenReturn(CompletableFuture.completedFuture(null));
      LettuceConnection next = new LettuceConnection(connection, mock(), !severalServers);
      offered.add(next);
      return next;
    }

    @Override
    public LettuceConnection connect() {
      asked.incrementAndGet();
      if (refuses) {
        throw new IllegalStateException("refused");
      }
      try {
        return offered.take();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public boolean hasSeveralServers() {
      return severalServers;
    }

    @Override
    public void close() {
      closed = true;
    }

    @Override
    public String address() {
      return "Redis";
    }
  }
}
