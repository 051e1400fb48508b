package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Channel;
import dev.perennial.port.TransportException;
import dev.perennial.transport.netty.internal.frame.Frames;
import dev.perennial.transport.netty.internal.open.EventLoops;
import io.netty.channel.EventLoopGroup;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class TransportLifeTest extends TransportFixture {

  private static void idle(Peer peer) throws Exception {
    peer.upgrade();
    peer.awaitClose();
  }

  private static CompletableFuture<Throwable> failureOf(ThrowingRunnable task) {
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    Thread thread =
        new Thread(() -> {
          try {
            task.run();
            thrown.completeExceptionally(new AssertionError("nothing was thrown"));
          } catch (Throwable e) {
            thrown.complete(e);
          }
        });
    thread.setDaemon(true);
    thread.start();
    return thrown;
  }

  private interface ThrowingRunnable {
    void run() throws Exception;
  }

  private static Throwable soon(CompletableFuture<Throwable> thrown) throws Exception {
    return thrown.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  @Test
  void thereIsNoThreadBeforeTheFirstOpenAndOneAfterMany() throws Exception {
    assertThat(eventLoopThreads()).isEmpty();
    try (ScriptedServer server = ScriptedServer.start(TransportLifeTest::idle)) {
      List<Channel> channels = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        channels.add(open(server));
      }
      assertThat(eventLoopThreads()).hasSize(1);
      assertThat(transport).hasToString("NettyTransport[10 channels]");
      for (Channel channel : channels) {
        channel.close(PATIENCE);
      }
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(transport).hasToString("NettyTransport[0 channels]"));
    }
  }

  @Test
  void closingSendsACloseFrameOnEveryChannelAndWakesReceivers() throws Exception {
    CountDownLatch closeFrames = new CountDownLatch(2);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          assertThat(peer.awaitClose()).isEqualTo(1000);
          closeFrames.countDown();
        })) {
      open(server);
      Channel channel = open(server);
      CompletableFuture<Throwable> thrown =
          failureOf(() -> {
            while (true) {
              channel.receive(Duration.ofHours(1));
            }
          });
      transport.close();
      transport.close();
      assertThat(closeFrames.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(soon(thrown))
          .isInstanceOf(TransportException.Lost.class)
          .hasMessageContaining("the transport was closed");
    }
  }

  @Test
  void closingDoesNotWaitForPeersThatDoNotAnswer() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.awaitEnd();
        })) {
      Channel channel = open(server);
      transport.close();
      assertThat(channel).hasToString("WebSocketChannel[ended]");
    }
  }

  @Test
  void nothingIsOpenedAfterClosing() {
    transport.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> open(URI.create("ws://127.0.0.1:1")))
        .withMessageContaining("closed");
  }

  @Test
  void closingEndsAnAttemptToOpen() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.readRequest();
          asked.countDown();
          peer.awaitEnd();
        })) {
      CompletableFuture<Throwable> thrown =
          failureOf(() -> transport.open(server.uri(), java.util.Map.of(), Duration.ofHours(1)));
      assertThat(asked.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      transport.close();
      assertThat(soon(thrown))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("closed");
    }
  }

  @Test
  void anInterruptDuringCloseIsKeptAndEverythingIsClosedAllTheSame() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.awaitEnd();
        })) {
      Channel channel = open(server);
      Thread.currentThread().interrupt();
      transport.close();
      assertThat(Thread.interrupted()).isTrue();
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(channel).hasToString("WebSocketChannel[ended]"));
    }
  }

  @Test
  void aGroupThatWasGivenIsSharedAndNotClosed() throws Exception {
    EventLoopGroup group = EventLoops.create("given");
    try (ScriptedServer server = ScriptedServer.start(TransportLifeTest::idle);
        NettyTransport one = NettyTransport.builder().eventLoopGroup(group).build();
        NettyTransport other = NettyTransport.builder().eventLoopGroup(group).build()) {
      one.open(server.uri(), java.util.Map.of(), PATIENCE);
      Channel stays = other.open(server.uri(), java.util.Map.of(), PATIENCE);
      assertThat(eventLoopThreads()).isEmpty();
      one.close();
      assertThat(group.isShuttingDown()).isFalse();
      stays.close(PATIENCE);
      other.close();
      assertThat(group.isShuttingDown()).isFalse();
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(PATIENCE.toMillis());
    }
  }

  @Test
  void onAnEventLoopsThreadClosingDoesNotWaitAndOpeningIsRefused() throws Exception {
    EventLoopGroup group = EventLoops.create("given");
    CountDownLatch ended = new CountDownLatch(2);
    try (ScriptedServer server =
            ScriptedServer.start(peer -> {
              peer.upgrade();
              peer.awaitEnd();
              ended.countDown();
            });
        NettyTransport shared = NettyTransport.builder().eventLoopGroup(group).build()) {
      Channel channel = shared.open(server.uri(), java.util.Map.of(), PATIENCE);
      shared.open(server.uri(), java.util.Map.of(), PATIENCE);
      group
          .next()
          .submit(() -> {
            assertThatThrownBy(() -> shared.open(server.uri(), java.util.Map.of(), PATIENCE))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("event loop");
            channel.close(Duration.ofMillis(50));
            shared.close();
            return null;
          })
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(PATIENCE.toMillis());
    }
  }

  @Test
  void aGroupThatWasShutDownIsAClearError() throws Exception {
    EventLoopGroup group = EventLoops.create("given");
    use(NettyTransport.builder().eventLoopGroup(group));
    try (ScriptedServer server = ScriptedServer.start(TransportLifeTest::idle)) {
      Channel channel = open(server);
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(PATIENCE.toMillis());
      assertThat(lossOf(channel).closeCode()).isEqualTo(1006);
      channel.send(Frames.utf8("late"));
      assertThat(channel.unsent()).isEqualTo(1);
      channel.wakeUp();
      channel.close(PATIENCE);
      assertThatIllegalStateException()
          .isThrownBy(() -> open(server))
          .withMessageContaining("has been shut down");
    }
  }
}
