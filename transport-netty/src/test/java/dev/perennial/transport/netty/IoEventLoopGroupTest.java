package dev.perennial.transport.netty;

import static dev.perennial.transport.netty.TransportFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The event loop groups that only Netty 4.2 has. */
class IoEventLoopGroupTest {

  @Test
  void aChannelRunsOnOneForNio() throws Exception {
    IoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    try (ScriptedServer server =
            ScriptedServer.start(peer -> {
              peer.upgrade();
              peer.awaitEnd();
            });
        NettyTransport transport = NettyTransport.builder().eventLoopGroup(group).build()) {
      transport.open(server.uri(), Map.of(), PATIENCE).close(PATIENCE);
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(PATIENCE.toMillis());
    }
  }

  @Test
  void oneThatIsNotForNioIsRefused() throws Exception {
    IoEventLoopGroup local = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
    try {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> NettyTransport.builder().eventLoopGroup(local))
          .withMessageContaining("NIO");
    } finally {
      local.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(PATIENCE.toMillis());
    }
  }
}
