package dev.perennial.transport.netty.internal.frame;

import dev.perennial.port.Message;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * What a decoder makes of bytes, in words that can be compared: "text abc", "ping 00", "close 1000
 * bye", "fail 1002".
 */
public final class Decoding implements FrameDecoder.Listener {

  private final List<String> seen = new ArrayList<>();
  private final FrameDecoder decoder;

  public Decoding(int maxMessageSize) {
    decoder = new FrameDecoder(maxMessageSize, this);
  }

  public static List<String> of(byte[]... pieces) {
    return of(16 << 20, pieces);
  }

  public static List<String> of(int maxMessageSize, byte[]... pieces) {
    Decoding decoding = new Decoding(maxMessageSize);
    for (byte[] piece : pieces) {
      decoding.feed(piece);
    }
    return decoding.seen();
  }

  /** The bytes one at a time. */
  public static List<String> byteByByte(int maxMessageSize, byte[] bytes) {
    Decoding decoding = new Decoding(maxMessageSize);
    for (byte one : bytes) {
      decoding.feed(new byte[] {one});
    }
    return decoding.seen();
  }

  void feed(byte[] piece) {
    ByteBuf in = Unpooled.wrappedBuffer(piece);
    try {
      decoder.decode(in);
      if (in.isReadable()) {
        seen.add("left " + in.readableBytes());
      }
    } catch (ProtocolViolation e) {
      seen.add("fail " + e.code());
    }
  }

  public List<String> seen() {
    return List.copyOf(seen);
  }

  public static String describe(Message message) {
    if (message instanceof Message.Text text) {
      return "text " + shortened(new String(text.utf8(), StandardCharsets.UTF_8));
    }
    if (message instanceof Message.Binary binary) {
      return "binary " + shortened(HexFormat.of().formatHex(binary.bytes()));
    }
    Message.TooLarge large = (Message.TooLarge) message;
    return "too large "
        + large.size()
        + " "
        + shortened(new String(large.head(), StandardCharsets.UTF_8));
  }

  /** Long ones by length and hash: a failed comparison should be readable. */
  private static String shortened(String text) {
    return text.length() <= 200 ? text : text.length() + "#" + text.hashCode();
  }

  @Override
  public void onMessage(Message message) {
    seen.add(describe(message));
  }

  @Override
  public void onPing(byte[] payload) {
    seen.add("ping " + HexFormat.of().formatHex(payload));
  }

  @Override
  public void onPong(byte[] payload) {
    seen.add("pong");
  }

  @Override
  public void onClose(int code, String reason) {
    seen.add("close " + code + " " + reason);
  }
}
