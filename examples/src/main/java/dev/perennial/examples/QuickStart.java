package dev.perennial.examples;

// tag::quick-start
import dev.perennial.EventStream;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapSource;
import dev.perennial.transport.netty.NettyTransport;

public class QuickStart {
  public static void main(String[] args) throws InterruptedException {
    try (NettyTransport transport = NettyTransport.create();
        EventStream<TapEvent> stream =
            EventStream.from(TapSource.of("localhost:2480", transport)).open()) {
      stream.consume(delivery -> System.out.println(delivery.event()));
    }
  }
}
// end::quick-start
