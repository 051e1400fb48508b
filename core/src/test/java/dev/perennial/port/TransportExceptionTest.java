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

  @ParameterizedTest
  @CsvSource({
    "301, wss://other.test/channel, wss://other.test/channel",
    "302, https://me:s3cret@login.test:8443/in?token=s3cret#s3cret, https://login.test:8443/in",
    "302, https://me:s3@cret@login.test/in, https://login.test/in",
    "307, //me:s3cret@login.test, //login.test",
    "308, /login?s3cret, /login",
    "302, mailto:s3cret@mail.test, mailto:…",
    "302, https://me:s3cret^@login.test, an address that cannot be read",
    "302, https://[fe80::1%25lo]:1/x, https://[fe80::1%25lo]:1/x",
    "302, https://bücher.test/ü, https://bücher.test/ü",
  })
  @DisplayName("a redirect's message says where to, without what may be secret")
  void redirect(int status, String location, String shown) {
    Map<String, List<String>> headers = Map.of("location", List.of(location));
    assertThat(new Rejected(status, headers, new byte[0]))
        .hasMessage(
            "the server answered the handshake with status "
                + status
                + ", which points to "
                + shown);
    assertThat(Rejected.byProxy("http://p:1", "refused", status, headers))
        .hasMessage("refused, which points to " + shown)
        .satisfies(e -> assertThat(e.proxy()).contains("http://p:1"));
  }

  @Test
  @DisplayName("a redirect's address is cut, and only a redirect's is shown")
  void redirectAtLength() {
    Map<String, List<String>> headers =
        Map.of("location", List.of("https://h/" + "x".repeat(4_000)));
    assertThat(new Rejected(302, headers, new byte[0]).getMessage()).hasSizeLessThan(300);
    assertThat(new Rejected(201, headers, new byte[0]).getMessage()).doesNotContain("https");
    assertThat(new Rejected(302, Map.of(), new byte[0]).getMessage()).endsWith("302");
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
