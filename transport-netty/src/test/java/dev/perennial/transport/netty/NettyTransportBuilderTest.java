package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.netty.channel.DefaultEventLoopGroup;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class NettyTransportBuilderTest {

  private static boolean accepts(Runnable option) {
    try {
      option.run();
      return true;
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageNotContaining("null").message().isNotBlank();
      return false;
    }
  }

  @Property
  void aMessageSizeIsFromOneToAGibibyte(@ForAll int size) {
    assertThat(accepts(() -> NettyTransport.builder().maxMessageSize(size)))
        .isEqualTo(size >= 1 && size <= 1 << 30);
  }

  @Property
  void anIntervalIsAtLeastAMillisecond(
      @ForAll @LongRange(min = -5_000_000, max = 5_000_000) long nanos) {
    Duration duration = Duration.ofNanos(nanos);
    boolean good = nanos >= 1_000_000;
    assertThat(accepts(() -> NettyTransport.builder().pingInterval(duration))).isEqualTo(good);
    assertThat(accepts(() -> NettyTransport.builder().pongTimeout(duration))).isEqualTo(good);
  }

  @Property
  void inboxLimitsAreAtLeastOne(
      @ForAll @IntRange(min = -2, max = 3) int messages,
      @ForAll @LongRange(min = -2, max = 3) long bytes) {
    assertThat(accepts(() -> NettyTransport.builder().inboxLimits(messages, bytes)))
        .isEqualTo(messages >= 1 && bytes >= 1);
  }

  @Property
  void aProxysPortIsOne(@ForAll @IntRange(min = -10, max = 70_000) int port) {
    assertThat(accepts(() -> NettyTransport.builder().httpProxy("proxy.test", port)))
        .isEqualTo(port >= 1 && port <= 65_535);
  }

  @Test
  void aProxyUserWithAColonAndAnEmptyHostAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NettyTransport.builder().httpProxy("proxy.test", 80, "us:er", "hunter2"))
        .withMessageNotContaining("us:er")
        .withMessageNotContaining("hunter2");
    assertThat(accepts(() -> NettyTransport.builder().httpProxy("", 80))).isFalse();
  }

  @Test
  @SuppressWarnings("deprecation")
  void aGroupThatIsNotForNioIsRefused() {
    EventLoopGroup local = new DefaultEventLoopGroup(1);
    try {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> NettyTransport.builder().eventLoopGroup(local))
          .withMessageContaining("NIO");
    } finally {
      local.shutdownGracefully();
    }
  }

  @Test
  void anSslContextForServersAndTwoKindsOfTrustAreRefused() throws Exception {
    SslContext client = SslContextBuilder.forClient().build();
    assertThatIllegalStateException()
        .isThrownBy(() -> NettyTransport.builder().sslContext(client).sslContext(client))
        .withMessageContaining("not both");
  }

  @Test
  void aTransportSaysLittleAboutItself() {
    try (NettyTransport transport = NettyTransport.create()) {
      assertThat(transport).hasToString("NettyTransport[0 channels]");
      transport.close();
      assertThat(transport).hasToString("NettyTransport[0 channels, closed]");
    }
  }
}
