package dev.perennial.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.EventStream;
import dev.perennial.StreamState;
import dev.perennial.cli.ChildProcess;
import dev.perennial.port.Transport;
import dev.perennial.simulators.tap.TapSimulator;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.transport.netty.NettyTransport;
import org.junit.jupiter.api.Test;

class TunedTapTest {

  @Test
  void opensAStreamThatConnects() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().password("geheim").start();
        Transport transport = NettyTransport.create();
        EventStream<TapEvent> stream =
            TunedTap.open(tap.httpUri().toString(), "geheim", transport)) {
      stream.awaitLive(ChildProcess.DEADLINE);
      assertThat(stream.state()).isEqualTo(StreamState.LIVE);
    }
  }
}
