package dev.perennial.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.TransportException.Lost;
import dev.perennial.port.TransportException.Rejected;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransportExceptionTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "000A", // line feed
        "000D", // carriage return
        "001B", // escape, which begins a terminal's commands
        "007F", "0085", // next line
        "2028", // line separator
        "2029", // paragraph separator
        "202E", // right-to-left override
        "E0001", // language tag
      })
  @DisplayName(
      "the message masks control characters in the peer's reason, and reason() returns it unchanged")
  void reason(String codePoint) {
    String reason = "bye" + Character.toString(Integer.parseInt(codePoint, 16)) + "ERROR all gone";
    Lost lost = new Lost(1001, reason, null);
    assertThat(lost).hasMessage("connection lost with code 1001: bye?ERROR all gone");
    assertThat(lost.closeReason()).isEqualTo(reason);
  }

  @Test
  @DisplayName("the reason of each class has a stable tag")
  void tags() {
    assertThat(
            List.of(
                new TransportException.Unreachable("no", null),
                new TransportException.Untrusted("no", null),
                new Lost(1006, "", null),
                new Rejected("no", 503, Map.of(), new byte[0])))
        .extracting(failure -> failure.reason().tag())
        .containsExactly("unreachable", "untrusted", "lost", "rejected");
  }

  @Test
  @DisplayName("a reason in any language stays unchanged")
  void words() {
    assertThat(new Lost(1001, "größer, 再见 🙂", null))
        .hasMessage("connection lost with code 1001: größer, 再见 🙂");
  }

  @Test
  @DisplayName("the message of a refusal masks control characters")
  void message() {
    assertThat(new Rejected("no:\nERROR", 101, Map.of(), new byte[0])).hasMessage("no:?ERROR");
  }

  @Test
  @DisplayName("the headers of a refusal are an immutable copy")
  void headers() {
    List<String> values = new ArrayList<>(List.of("7"));
    Map<String, List<String>> given = new HashMap<>(Map.of("retry-after", values));
    Rejected rejected = new Rejected("no", 503, given, new byte[0]);
    values.set(0, "8");
    given.clear();
    assertThat(rejected.header("retry-after")).contains("7");
    assertThat(rejected.headers().get("retry-after")).isUnmodifiable();
    assertThat(rejected.headers()).isUnmodifiable();
  }

  @Test
  @DisplayName("a refusal keeps its status, headers and body when it is serialized")
  void serialized() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(
          new Rejected(
              "busy",
              503,
              Map.of("retry-after", new ArrayList<>(List.of("7"))),
              "busy".getBytes(StandardCharsets.UTF_8)));
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      Rejected rejected = (Rejected) in.readObject();
      assertThat(rejected.status()).isEqualTo(503);
      assertThat(rejected.header("retry-after")).contains("7");
      assertThat(rejected.headers()).containsOnlyKeys("retry-after");
      assertThat(rejected.body()).isEqualTo("busy");
    }
  }
}
