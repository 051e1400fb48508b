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
import org.junit.jupiter.params.provider.CsvSource;

class TransportExceptionTest {

  @ParameterizedTest
  @CsvSource({
    "000A, \\u000a", // line feed
    "000D, \\u000d", // carriage return
    "001B, \\u001b", // escape, which begins a terminal's commands
    "007F, \\u007f",
    "0085, \\u0085", // next line
    "2028, \\u2028", // line separator
    "2029, \\u2029", // paragraph separator
    "202E, \\u202e", // right-to-left override
    "E0001, \\u{e0001}", // language tag
  })
  @DisplayName("a peer's reason cannot forge lines of a log, and is still there as it came")
  void reason(String codePoint, String escaped) {
    String reason = "bye" + Character.toString(Integer.parseInt(codePoint, 16)) + "ERROR all gone";
    Lost lost = new Lost(1001, reason, null);
    assertThat(lost).hasMessage("connection lost with code 1001: bye" + escaped + "ERROR all gone");
    assertThat(lost.reason()).isEqualTo(reason);
  }

  @Test
  @DisplayName("a reason in any language is left as it is")
  void words() {
    assertThat(new Lost(1001, "größer, 再见 🙂", null))
        .hasMessage("connection lost with code 1001: größer, 再见 🙂");
  }

  @Test
  @DisplayName("a refusal's own message cannot forge lines either")
  void message() {
    assertThat(new Rejected("no:\nERROR", 101, Map.of(), new byte[0]))
        .hasMessage("no:\\u000aERROR");
  }

  @Test
  @DisplayName("a refusal's headers do not change afterwards")
  void headers() {
    List<String> values = new ArrayList<>(List.of("7"));
    Map<String, List<String>> given = new HashMap<>(Map.of("retry-after", values));
    Rejected rejected = new Rejected(503, given, new byte[0]);
    values.set(0, "8");
    given.clear();
    assertThat(rejected.header("retry-after")).contains("7");
    assertThat(rejected.headers().get("retry-after")).isUnmodifiable();
    assertThat(rejected.headers()).isUnmodifiable();
  }

  @Test
  @DisplayName("a refusal that was serialized still knows all that it knew")
  void serialized() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(
          new Rejected(
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
