package dev.perennial.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.perennial.EventStream;
import dev.perennial.cli.ChildProcess;
import dev.perennial.port.Transport;
import dev.perennial.simulators.tap.TapEventSpec.RecordChange;
import dev.perennial.simulators.tap.TapSimulator;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapSource;
import dev.perennial.transport.netty.NettyTransport;
import org.junit.jupiter.api.Test;

class TapIndexTest {

  private static final String DID = "did:plc:a";
  private static final String POST = "app.bsky.feed.post";

  @Test
  void indexesEveryKindOfEventAndAcksIt() throws Exception {
    TapIndex index = new TapIndex();
    try (TapSimulator tap = TapSimulator.builder().start();
        Transport transport = NettyTransport.create();
        EventStream<TapEvent> stream =
            EventStream.from(TapSource.of(tap.httpUri().toString(), transport)).open()) {
      tap.emitRecord(DID, POST, "kept", true, "{\"text\":\"hi\"}");
      tap.emitRecord(DID, POST, "gone", true, "{\"text\":\"bye\"}");
      tap.emit(new RecordChange(DID, "", POST, "gone", "delete", true, null, null));
      tap.emit(new RecordChange(DID, "", POST, "undecoded", "create", true, "bafy", null));
      tap.emit(new RecordChange(DID, "", POST, "r1", "archive", true, null, null));
      tap.emitIdentity(DID, "a.test", true, "active");
      tap.emitRaw(DID, false, "{\"id\":$id,\"type\":\"label\"}");
      tap.emitRaw(DID, false, "{\"id\":$id,\"type\":\"record\",\"record\":7}");

      BackgroundTask run = BackgroundTask.run(() -> index.run(stream));
      await().atMost(ChildProcess.DEADLINE).until(() -> tap.acked() == 8);
      stream.close();
      run.join();
    }
    assertThat(index.records())
        .containsOnlyKeys(
            "at://did:plc:a/app.bsky.feed.post/kept", "at://did:plc:a/app.bsky.feed.post/undecoded")
        .containsEntry("at://did:plc:a/app.bsky.feed.post/kept", "{\"text\":\"hi\"}");
    assertThat(index.handles()).containsOnlyKeys(DID).containsEntry(DID, "a.test");
    assertThat(index.setAside())
        .hasSize(3)
        .anyMatch(text -> text.contains("archive"))
        .contains("{\"id\":7,\"type\":\"label\"}", "{\"id\":8,\"type\":\"record\",\"record\":7}");
  }
}
