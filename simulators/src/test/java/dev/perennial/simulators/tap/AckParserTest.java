package dev.perennial.simulators.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AckParserTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"type\":\"ack\",\"id\":1}|1",
        "{\"id\":2,\"type\":\"ack\"}|2",
        " {\"type\" : \"ack\" , \"id\" : 3 } |3",
        "{\"Type\":\"ack\",\"ID\":4}|4",
        "{\"type\":\"ack\",\"id\":5,\"more\":{\"id\":\"x\",\"list\":[1]}}|5",
        "{\"type\":\"ack\",\"id\":6,\"id\":7}|7",
        "{\"type\":\"ack\",\"id\":8}{\"type\":\"ack\",\"id\":9}|8",
        "{\"type\":\"ack\",\"id\":10}garbage|10",
        "{\"type\":\"ack\",\"id\":9007199254740993}|9007199254740993",
        "{\"type\":\"ack\",\"id\":9223372036854775808}|9223372036854775808",
        "{\"type\":\"ack\",\"id\":18446744073709551615}|18446744073709551615",
        "{\"type\":\"ack\"}|0",
        "{\"type\":\"ack\",\"id\":null}|0",
        "{\"type\":\"ack\",\"id\":0}|0",
        "{\"type\":\"\\u0061ck\",\"id\":11}|11",
      })
  void readsTheFirstAckOfAMessage(String message, String id) throws Exception {
    assertThat(parse(message)).containsExactly(Long.parseUnsignedLong(id));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"ack\":5}",
        "{\"type\":\"nack\",\"id\":5}",
        "{\"type\":\"ACK\",\"id\":5}",
        "{\"type\":null,\"id\":5}",
        "{}",
        "null",
      })
  void ignoresMessagesThatAreNoAcks(String message) throws Exception {
    assertThat(parse(message)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "ack 5",
        "[]",
        "5",
        "\"ack\"",
        "true",
        "{\"type\":\"ack\",\"id\":5",
        "{\"type\":\"ack\",\"id\":\"5\"}",
        "{\"type\":\"ack\",\"id\":-1}",
        "{\"type\":\"ack\",\"id\":-0}",
        "{\"type\":\"ack\",\"id\":1.0}",
        "{\"type\":\"ack\",\"id\":1e2}",
        "{\"type\":\"ack\",\"id\":01}",
        "{\"type\":\"ack\",\"id\":18446744073709551616}",
        "{\"type\":\"ack\",\"id\":[1]}",
        "{\"type\":\"ack\",\"id\":true}",
        "{\"type\":1,\"id\":5}",
        "{\"type\":\"nack\",\"id\":\"5\"}",
        "{'type':'ack','id':5}",
        "\uFEFF{\"type\":\"ack\",\"id\":5}",
      })
  void endsTheConnectionAtUndecodableMessages(String message) {
    assertThatThrownBy(() -> parse(message)).isInstanceOf(AckParser.Unreadable.class);
  }

  @Property
  void readsEveryId(@ForAll long id) throws Exception {
    assertThat(parse("{\"type\":\"ack\",\"id\":" + Long.toUnsignedString(id) + "}"))
        .containsExactly(id);
  }

  private static List<Long> parse(String message) throws AckParser.Unreadable {
    List<Long> ids = new ArrayList<>();
    byte[] bytes = (message + "beyond").getBytes(StandardCharsets.UTF_8);
    AckParser.parse(bytes, bytes.length - "beyond".length(), ids::add);
    return ids;
  }
}
