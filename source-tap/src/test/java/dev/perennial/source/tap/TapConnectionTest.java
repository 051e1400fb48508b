package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.Received;
import dev.perennial.port.TransportException;
import dev.perennial.port.Verdict;
import dev.perennial.source.tap.ScriptedTransport.ScriptedChannel;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TapConnectionTest {

  private final ScriptedTransport transport = new ScriptedTransport();
  private final TapSource source = TapSource.of("localhost:2480", transport);

  private static Received.Event<TapEvent, TapPosition> receive(
      AckingConnection<TapEvent, TapPosition> connection) throws Exception {
    return (Received.Event<TapEvent, TapPosition>) connection.receive(Duration.ofMillis(500));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "9007199254740993", "9223372036854775808", "18446744073709551615"})
  @DisplayName("ack-bytes, id-range: one text message for each ack, its JSON and its integer exact")
  void ackBytes(String id) throws Exception {
    ScriptedChannel channel =
        transport.channel().text(Messages.record(id)).text(Messages.record("7"));
    var connection = source.connect();

    connection.acknowledge(receive(connection).position());
    connection.acknowledge(receive(connection).position());

    assertThat(channel.sent)
        .containsExactly("{\"type\":\"ack\",\"id\":" + id + "}", "{\"type\":\"ack\",\"id\":7}");
  }

  @Test
  @DisplayName("ack-after-handler: receiving acks nothing")
  void ackAfterHandler() throws Exception {
    ScriptedChannel channel =
        transport
            .channel()
            .text(Messages.record("1"))
            .text(Messages.identity("2", "", false, "deleted"))
            .text("{\"id\":3,\"type\":\"label\"}")
            .text("{\"id\":4,\"type\":\"record\"}")
            .text("nope");
    var connection = source.connect();

    for (int i = 0; i < 5; i++) {
      assertThat(receive(connection)).isNotNull();
    }
    assertThat(connection.receive(Duration.ZERO)).isNull();
    connection.close(Duration.ofSeconds(1));

    assertThat(channel.sent).isEmpty();
  }

  @Test
  @DisplayName("forward-compat: an event of an unknown type is acked like any")
  void acksUnknown() throws Exception {
    ScriptedChannel channel = transport.channel().text("{\"id\":3,\"type\":\"label\"}");
    var connection = source.connect();

    connection.acknowledge(receive(connection).position());

    assertThat(channel.sent).containsExactly("{\"type\":\"ack\",\"id\":3}");
  }

  @Test
  @DisplayName(
      "poison-invalid-json: delivered, the connection stays, nothing is acked without an id")
  void poisonInvalidJson() throws Exception {
    ScriptedChannel channel = transport.channel().text("{{{").text(Messages.record("2"));
    var connection = source.connect();

    var poison = receive(connection);
    connection.acknowledge(poison.position());

    assertThat(poison.event()).isInstanceOf(TapMalformed.class);
    assertThat(((TapMalformed) poison.event()).rawText()).isEqualTo("{{{");
    assertThat(channel.sent).isEmpty();
    assertThat(receive(connection).event()).isInstanceOf(TapRecord.class);
  }

  @Test
  @DisplayName("poison-with-id: the application's ack acks it, and not before")
  void poisonWithId() throws Exception {
    ScriptedChannel channel =
        transport.channel().text("{\"id\":5,\"type\":\"record\",\"record\":{}}");
    var connection = source.connect();

    var poison = receive(connection);
    assertThat(poison.event()).isInstanceOf(TapMalformed.class);
    assertThat(channel.sent).isEmpty();

    connection.acknowledge(poison.position());
    assertThat(channel.sent).containsExactly("{\"type\":\"ack\",\"id\":5}");
  }

  @Test
  @DisplayName(
      "premature-ack guard, disconnect-mid-handler: no ack of what came on another connection")
  void prematureAckGuard() throws Exception {
    ScriptedChannel before = transport.channel().text(Messages.record("1"));
    ScriptedChannel after = transport.channel().text(Messages.record("1"));
    var first = source.connect();
    TapPosition old = receive(first).position();
    first.close(Duration.ZERO);
    var second = source.connect();

    second.acknowledge(old);
    assertThat(after.sent).isEmpty();

    TapPosition redelivered = receive(second).position();
    assertThat(redelivered).isEqualTo(old);
    second.acknowledge(redelivered);
    assertThat(after.sent).containsExactly("{\"type\":\"ack\",\"id\":1}");
    assertThat(before.sent).isEmpty();
  }

  @Test
  void ackAfterCloseIsUnsent() throws Exception {
    transport.channel().text(Messages.record("1"));
    var connection = source.connect();
    TapPosition position = receive(connection).position();
    connection.close(Duration.ofMillis(70));

    connection.acknowledge(position);

    assertThat(connection.unsent()).isEqualTo(1);
  }

  @Test
  void passesOnToTheChannel() throws Exception {
    ScriptedChannel channel = transport.channel();
    var connection = source.connect();
    channel.unsent = 3;

    connection.wakeUp();
    assertThat(connection.unsent()).isEqualTo(3);
    connection.close(Duration.ofMillis(70));

    assertThat(channel.wakeUps).isEqualTo(1);
    assertThat(channel.closedWith).isEqualTo(Duration.ofMillis(70));
  }

  @ParameterizedTest
  @CsvSource({
    "1000", "1001", "1002", "1005", "1006", "1007", "1008", "1009", "1011", "1012", "1013", "4000",
    "4999"
  })
  @DisplayName("close-codes: after everything that came before it, each loss is retried")
  void closeCodes(int code) throws Exception {
    transport.channel().text(Messages.record("1")).lost(code);
    var connection = source.connect();

    assertThat(receive(connection).event()).isInstanceOf(TapRecord.class);
    assertThatThrownBy(() -> connection.receive(Duration.ofMillis(500)))
        .isInstanceOfSatisfying(
            TransportException.Lost.class,
            lost -> {
              assertThat(lost.closeCode()).isEqualTo(code);
              assertThat(source.errors().classify(lost)).contains(Verdict.retry());
            });
  }

  @Test
  @DisplayName(
      "close-prompt: closing hands the flush time to the channel, so completed acks go out first")
  void closeFlushes() throws Exception {
    ScriptedChannel channel = transport.channel().text(Messages.record("1"));
    var connection = source.connect();
    connection.acknowledge(receive(connection).position());

    connection.close(Duration.ofSeconds(2));

    assertThat(channel.closedWith).isEqualTo(Duration.ofSeconds(2));
    assertThat(channel.sent).isEqualTo(List.of("{\"type\":\"ack\",\"id\":1}"));
  }
}
