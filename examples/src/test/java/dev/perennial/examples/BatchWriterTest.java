package dev.perennial.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.perennial.EventStream;
import dev.perennial.cli.ChildProcess;
import dev.perennial.port.Transport;
import dev.perennial.simulators.tap.TapSimulator;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapSource;
import dev.perennial.transport.netty.NettyTransport;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class BatchWriterTest {

  private static final int EVENTS = 50;

  private final List<TapEvent> rows = new CopyOnWriteArrayList<>();

  @Test
  void insertsAndAcksUntilTheStreamIsClosed() throws Exception {
    try (TapSimulator tap = tapWithEvents();
        Transport transport = NettyTransport.create();
        EventStream<TapEvent> stream = open(tap, transport)) {
      BackgroundTask run = BackgroundTask.run(() -> BatchWriter.run(stream, rows::addAll));
      await().atMost(ChildProcess.DEADLINE).until(() -> tap.acked() == EVENTS);
      stream.close();
      run.join();
      assertThat(rows).hasSize(EVENTS).doesNotHaveDuplicates();
    }
  }

  @Test
  void doesNotAckAFailedInsert() throws Exception {
    try (TapSimulator tap = tapWithEvents();
        Transport transport = NettyTransport.create();
        EventStream<TapEvent> stream = open(tap, transport)) {
      BatchWriter.Table<TapEvent> broken =
          batch -> {
            throw new IllegalStateException("no table");
          };
      assertThatThrownBy(() -> BatchWriter.run(stream, broken)).hasMessage("no table");
      assertThat(stream.close(ChildProcess.DEADLINE).unacked()).isPositive();
      assertThat(tap.acked()).isZero();
    }
  }

  private static TapSimulator tapWithEvents() {
    TapSimulator tap = TapSimulator.builder().start();
    for (int i = 0; i < EVENTS; i++) {
      tap.emitIdentity("did:plc:" + i, "a.test", true, "active");
    }
    return tap;
  }

  private static EventStream<TapEvent> open(TapSimulator tap, Transport transport) {
    return EventStream.from(TapSource.of(tap.httpUri().toString(), transport)).open();
  }
}
