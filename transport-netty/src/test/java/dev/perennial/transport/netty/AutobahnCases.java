package dev.perennial.transport.netty;

import static dev.perennial.transport.netty.internal.frame.Frames.FIN;
import static dev.perennial.transport.netty.internal.frame.Frames.all;
import static dev.perennial.transport.netty.internal.frame.Frames.bytes;
import static dev.perennial.transport.netty.internal.frame.Frames.first;
import static dev.perennial.transport.netty.internal.frame.Frames.frame;
import static dev.perennial.transport.netty.internal.frame.Frames.last;
import static dev.perennial.transport.netty.internal.frame.Frames.middle;
import static dev.perennial.transport.netty.internal.frame.Frames.ping;
import static dev.perennial.transport.netty.internal.frame.Frames.pong;
import static dev.perennial.transport.netty.internal.frame.Frames.repeat;
import static dev.perennial.transport.netty.internal.frame.Frames.text;
import static dev.perennial.transport.netty.internal.frame.Frames.utf8;

import dev.perennial.transport.netty.internal.frame.Decoding;
import dev.perennial.transport.netty.internal.frame.Frames;
import dev.perennial.transport.netty.internal.frame.Opcode;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The cases of the Autobahn test suite that apply to a client, after their public description:
 * groups 1 to 7, 9 and 10 (11 to 13 are about compression, which is not offered; 8 does not exist).
 * What the suite checks by the echo, these check by what the client made of the frames.
 */
final class AutobahnCases {

  /**
   * One case.
   *
   * @param sent what the server sends
   * @param expected what the client makes of it, the last of which is how the connection goes on:
   *     nothing special, a close, or a failure
   */
  record Case(String id, byte[] sent, List<String> expected) {

    @Override
    public String toString() {
      return id;
    }
  }

  private static final byte[] NONE = new byte[0];
  private static final byte[] BINARY_PING = bytes(0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF);

  private final List<Case> cases = new ArrayList<>();

  private AutobahnCases() {}

  static List<Case> list() {
    AutobahnCases made = new AutobahnCases();
    made.framing();
    made.pings();
    made.reservedBits();
    made.opcodes();
    made.fragmentation();
    made.validUtf8();
    made.invalidUtf8();
    made.closing();
    made.limits();
    return made.cases;
  }

  private void add(String id, byte[] sent, String... expected) {
    cases.add(new Case(id, sent, List.of(expected)));
  }

  private static String asText(byte[] payload) {
    return Decoding.describe(new dev.perennial.port.Message.Text(payload));
  }

  private static String asBinary(byte[] payload) {
    return Decoding.describe(new dev.perennial.port.Message.Binary(payload));
  }

  private static String asPing(byte[] payload) {
    return "ping " + HexFormat.of().formatHex(payload);
  }

  private void framing() {
    int[] sizes = {0, 125, 126, 127, 128, 65_535, 65_536};
    for (int i = 0; i < sizes.length; i++) {
      byte[] stars = repeat('*', sizes[i]);
      byte[] binary = repeat(0xFE, sizes[i]);
      add("1.1." + (i + 1), text(stars), asText(stars));
      add("1.2." + (i + 1), Frames.binary(binary), asBinary(binary));
    }
  }

  private void pings() {
    add("2.1", ping(NONE), asPing(NONE));
    add("2.2", ping(utf8("Hello, world!")), asPing(utf8("Hello, world!")));
    add("2.3", ping(BINARY_PING), asPing(BINARY_PING));
    add("2.4", ping(repeat(0xFE, 125)), asPing(repeat(0xFE, 125)));
    add("2.5", ping(repeat(0xFE, 126)), "fail 1002");
    add("2.7", pong(NONE), "pong");
    add("2.8", pong(utf8("unsolicited pong payload")), "pong");
    add("2.9", all(pong(utf8("unsolicited")), ping(utf8("p"))), "pong", asPing(utf8("p")));
    byte[] sent = NONE;
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      sent = all(sent, ping(utf8("payload-" + i)));
      expected.add(asPing(utf8("payload-" + i)));
    }
    cases.add(new Case("2.10", sent, expected));
  }

  private void reservedBits() {
    byte[] hello = utf8("Hello, world!");
    add("3.1", frame(FIN | 0x10 | Opcode.TEXT, hello), "fail 1002");
    for (int rsv = 2; rsv <= 4; rsv++) {
      add(
          "3." + rsv,
          all(text(hello), frame(FIN | rsv << 4 | Opcode.TEXT, hello), ping(NONE)),
          asText(hello),
          "fail 1002");
    }
    add("3.5", frame(FIN | 0x50 | Opcode.BINARY, BINARY_PING), "fail 1002");
    add("3.6", frame(FIN | 0x60 | Opcode.PING, hello), "fail 1002");
    add("3.7", frame(FIN | 0x70 | Opcode.CLOSE, NONE), "fail 1002");
  }

  private void opcodes() {
    byte[] hello = utf8("Hello, world!");
    for (int i = 1; i <= 5; i++) {
      add("4.1." + i, all(text(hello), frame(FIN | 2 + i, hello)), asText(hello), "fail 1002");
      add("4.2." + i, all(text(hello), frame(FIN | 10 + i, NONE)), asText(hello), "fail 1002");
    }
  }

  private void fragmentation() {
    byte[] one = utf8("fragment1");
    byte[] two = utf8("fragment2");
    String both = "text fragment1fragment2";
    add("5.1", all(frame(Opcode.PING, one), last(two)), "fail 1002");
    add("5.2", all(frame(Opcode.PONG, one), last(two)), "fail 1002");
    add("5.3", all(first(Opcode.TEXT, one), last(two)), both);
    add("5.6", all(first(Opcode.TEXT, one), ping(utf8("p")), last(two)), asPing(utf8("p")), both);
    add("5.9", all(last(utf8("non-continuation")), text("Hello")), "fail 1002");
    add("5.12", all(middle(utf8("non-continuation")), text("Hello")), "fail 1002");
    add(
        "5.15",
        all(first(Opcode.TEXT, one), last(two), middle(utf8("fragment3")), text("fragment4")),
        both,
        "fail 1002");
    add("5.18", all(first(Opcode.TEXT, one), text(two)), "fail 1002");
    add(
        "5.19",
        all(
            first(Opcode.TEXT, one),
            middle(two),
            ping(utf8("pongme 1!")),
            middle(utf8("fragment3")),
            middle(utf8("fragment4")),
            ping(utf8("pongme 2!")),
            last(utf8("fragment5"))),
        asPing(utf8("pongme 1!")),
        asPing(utf8("pongme 2!")),
        "text fragment1fragment2fragment3fragment4fragment5");
  }

  private void validUtf8() {
    add("6.1.1", text(NONE), "text ");
    add("6.1.2", all(first(Opcode.TEXT, NONE), middle(NONE), last(NONE)), "text ");
    add(
        "6.1.3",
        all(first(Opcode.TEXT, NONE), middle(utf8("middle frame payload")), last(NONE)),
        "text middle frame payload");
    byte[] hello = utf8("Hello-µ@ßöäüàá-UTF-8!!");
    add("6.2.1", text(hello), asText(hello));
    add(
        "6.2.2",
        all(first(Opcode.TEXT, utf8("Hello-µ@ßöä")), last(utf8("üàá-UTF-8!!"))),
        asText(hello));
    add("6.2.3", Frames.fragments(Opcode.TEXT, hello, 1), asText(hello));
    String[][] groups = {
      {"6.5", "ce ba e1 bd b9 cf 83 ce bc ce b5"},
      {"6.7", "00", "c2 80", "e0 a0 80", "f0 90 80 80"},
      {"6.9", "7f", "df bf", "ef bf bf", "f4 8f bf bf"},
      {"6.11", "ed 9f bf", "ee 80 80", "ef bf bd", "f4 8f bf bf"},
      {
        "6.22",
        "ef bf be",
        "ef bf bf",
        "f0 9f bf be",
        "f0 9f bf bf",
        "f0 af bf be",
        "f0 af bf bf",
        "f0 bf bf be",
        "f0 bf bf bf",
        "f1 8f bf be",
        "f1 9f bf bf",
        "f2 8f bf be",
        "f3 bf bf bf",
        "f4 8f bf be"
      },
      {"6.23", "ef bf b9", "ef bf ba", "ef bf bb", "ef bf bc", "ef bf bd", "ef bf be", "ef bf bf"},
    };
    for (String[] group : groups) {
      for (int i = 1; i < group.length; i++) {
        byte[] payload = hex(group[i]);
        add(group[0] + "." + i, text(payload), asText(payload));
        add(
            group[0] + "." + i + " in fragments",
            Frames.fragments(Opcode.TEXT, payload, 1),
            asText(payload));
      }
    }
  }

  private void invalidUtf8() {
    byte[] bad = hex("ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65 64 69 74 65 64");
    add("6.3.1", text(bad), "fail 1007");
    add("6.3.2", Frames.fragments(Opcode.TEXT, bad, 1), "fail 1007");
    // 6.4: the failure comes with the bad byte, before the message or even the frame is over.
    byte[] tooHigh = hex("ce ba e1 bd b9 cf 83 ce bc ce b5 f4 90");
    add("6.4.1", first(Opcode.TEXT, tooHigh), "fail 1007");
    byte[] whole = text(all(tooHigh, hex("80 80 65 64 69 74 65 64")));
    add("6.4.3", java.util.Arrays.copyOf(whole, 2 + tooHigh.length), "fail 1007");
    String[][] groups = {
      {
        "6.6",
        "ce",
        "ce ba e1",
        "ce ba e1 bd",
        "ce ba e1 bd b9 cf",
        "ce ba e1 bd b9 cf 83 ce",
        "ce ba e1 bd b9 cf 83 ce bc ce"
      },
      {"6.8", "f8 88 80 80 80", "fc 84 80 80 80 80"},
      {"6.10", "f7 bf bf bf", "fb bf bf bf bf", "fd bf bf bf bf bf"},
      {"6.12", "80", "bf", "80 bf", "80 bf 80", "80 bf 80 bf", "80 bf 80 bf 80 bf"},
      {
        "6.13",
        "c0 20 c1 20 df 20",
        "e0 20 e1 20 ef 20",
        "f0 20 f1 20 f7 20",
        "f8 20 fb 20",
        "fc 20 fd 20"
      },
      {
        "6.14",
        "c0",
        "e0 80",
        "f0 80 80",
        "f8 80 80 80",
        "fc 80 80 80 80",
        "df",
        "ef bf",
        "f7 bf bf",
        "fb bf bf bf",
        "fd bf bf bf bf"
      },
      {"6.15", "c0 e0 80 f0 80 80 f8 80 80 80 fc 80 80 80 80 df ef bf f7 bf bf"},
      {"6.16", "fe", "ff", "fe fe ff ff"},
      {"6.17", "c0 af", "e0 80 af", "f0 80 80 af", "f8 80 80 80 af", "fc 80 80 80 80 af"},
      {"6.18", "c1 bf", "e0 9f bf", "f0 8f bf bf", "f8 87 bf bf bf", "fc 83 bf bf bf bf"},
      {"6.19", "c0 80", "e0 80 80", "f0 80 80 80", "f8 80 80 80 80", "fc 80 80 80 80 80"},
      {"6.20", "ed a0 80", "ed ad bf", "ed ae 80", "ed af bf", "ed b0 80", "ed be 80", "ed bf bf"},
      {
        "6.21",
        "ed a0 80 ed b0 80",
        "ed a0 80 ed bf bf",
        "ed ad bf ed b0 80",
        "ed ad bf ed bf bf",
        "ed ae 80 ed b0 80",
        "ed ae 80 ed bf bf",
        "ed af bf ed b0 80",
        "ed af bf ed bf bf"
      },
    };
    for (String[] group : groups) {
      for (int i = 1; i < group.length; i++) {
        add(group[0] + "." + i, text(hex(group[i])), "fail 1007");
        add(
            group[0] + "." + i + " in fragments",
            Frames.fragments(Opcode.TEXT, hex(group[i]), 1),
            "fail 1007");
      }
    }
  }

  private void closing() {
    byte[] bye = Frames.close(1000, "");
    String closed = "close 1000 ";
    add("7.1.1", all(text("Hello World!"), bye), "text Hello World!", closed);
    add("7.1.2", all(bye, bye), closed);
    add("7.1.3", all(bye, ping(NONE)), closed);
    add("7.1.4", all(bye, text("Hello World!")), closed);
    add("7.1.5", all(first(Opcode.TEXT, utf8("fragment1")), bye, last(utf8("2"))), closed);
    byte[] large = repeat('B', 256 * 1024);
    add("7.1.6", all(text(large), bye, ping(NONE)), asText(large), closed);
    add("7.3.1", Frames.close(), "close 1005 ");
    add("7.3.2", frame(FIN | Opcode.CLOSE, bytes('a')), "fail 1002");
    add("7.3.3", bye, closed);
    add("7.3.4", Frames.close(1000, "Hello World!"), "close 1000 Hello World!");
    String longest = "*".repeat(123);
    add("7.3.5", Frames.close(1000, longest), "close 1000 " + longest);
    add("7.3.6", Frames.close(1000, longest + "*"), "fail 1002");
    add(
        "7.5.1",
        frame(FIN | Opcode.CLOSE, all(bytes(0x03, 0xE8), hex("ce ba e1 bd b9 cf 83 ed a0 80"))),
        "fail 1007");
    int[] good = {
      1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999
    };
    for (int code : good) {
      add("7.7 " + code, Frames.close(code, "why"), "close " + code + " why");
    }
    int[] bad = {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535};
    for (int code : bad) {
      add("7.9 " + code, Frames.close(code, "why"), "fail 1002");
    }
  }

  private void limits() {
    int[] sizes = {1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 23, 1 << 24};
    for (int i = 0; i < sizes.length; i++) {
      byte[] stars = repeat('*', sizes[i]);
      byte[] binary = repeat(0xFE, sizes[i]);
      add("9.1." + (i + 1), text(stars), asText(stars));
      add("9.2." + (i + 1), Frames.binary(binary), asBinary(binary));
    }
    byte[] large = repeat('*', 1 << 22);
    int[] fragments = {64, 256, 1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22};
    for (int i = 0; i < fragments.length; i++) {
      byte[] sent = Frames.fragments(Opcode.TEXT, large, fragments[i]);
      add("9.3." + (i + 1), sent, asText(large));
    }
    byte[] automatic = repeat('*', 65_536);
    add("10.1.1", Frames.fragments(Opcode.TEXT, automatic, 1300), asText(automatic));
  }

  private static byte[] hex(String spaced) {
    return HexFormat.of().parseHex(spaced.replace(" ", ""));
  }
}
