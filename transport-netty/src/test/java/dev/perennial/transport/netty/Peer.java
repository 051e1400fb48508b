package dev.perennial.transport.netty;

import dev.perennial.transport.netty.internal.frame.Frames;
import dev.perennial.transport.netty.internal.frame.Opcode;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A connection from the server's side. */
final class Peer {

  /** A frame that the client sent, unmasked. */
  record Received(int firstByte, byte[] payload, int key) {

    int opcode() {
      return firstByte & 0x0F;
    }

    String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }

    int closeCode() {
      return payload.length < 2 ? 1005 : (payload[0] & 0xFF) << 8 | payload[1] & 0xFF;
    }
  }

  /** A request's first line, and its headers by their names in lower case. */
  record Request(String line, Map<String, String> headers) {}

  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;

  Peer(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
    this.out = socket.getOutputStream();
  }

  Socket socket() {
    return socket;
  }

  Request readRequest() throws IOException {
    String[] lines = readHead().split("\r\n");
    Map<String, String> headers = new TreeMap<>();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      headers.put(
          lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
          lines[i].substring(colon + 1).trim());
    }
    return new Request(lines[0], headers);
  }

  private String readHead() throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    String text = "";
    while (!text.endsWith("\r\n\r\n")) {
      head.write(in.readUnsignedByte());
      text = head.toString(StandardCharsets.ISO_8859_1);
    }
    return text;
  }

  /** The answer that agrees to a request. */
  static byte[] agreement(Request request) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-1")
              .digest(Frames.utf8(request.headers().get("sec-websocket-key") + GUID));
      return Frames.utf8(
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Accept: "
              + Base64.getEncoder().encodeToString(digest)
              + "\r\n\r\n");
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Reads the request and agrees to it. */
  Request upgrade() throws IOException {
    Request request = readRequest();
    send(agreement(request));
    return request;
  }

  void send(byte[]... parts) throws IOException {
    out.write(Frames.all(parts));
    out.flush();
  }

  /** In one piece, or each byte in a packet of its own. */
  void send(byte[] bytes, boolean byteByByte) throws IOException {
    if (!byteByByte) {
      send(bytes);
      return;
    }
    for (byte b : bytes) {
      send(new byte[] {b});
    }
  }

  /** The client's next frame, or null if it ended the connection. */
  @Nullable Received readFrame() throws IOException {
    try {
      int firstByte = in.readUnsignedByte();
      int second = in.readUnsignedByte();
      if ((second & 0x80) == 0) {
        throw new AssertionError("a client's frame is not masked");
      }
      long length = second & 0x7F;
      if (length == 126) {
        length = in.readUnsignedShort();
      } else if (length == 127) {
        length = in.readLong();
      }
      byte[] key = in.readNBytes(4);
      byte[] payload = in.readNBytes((int) length);
      if (payload.length < length) {
        return null;
      }
      for (int i = 0; i < payload.length; i++) {
        payload[i] ^= key[i % 4];
      }
      return new Received(firstByte, payload, java.nio.ByteBuffer.wrap(key).getInt());
    } catch (EOFException | SocketException e) {
      return null;
    }
  }

  /**
   * The client's next frame that is neither a ping nor a pong, or null if it ended the connection.
   */
  @Nullable Received readMessage() throws IOException {
    Received frame = readFrame();
    while (frame != null && (frame.opcode() == Opcode.PING || frame.opcode() == Opcode.PONG)) {
      frame = readFrame();
    }
    return frame;
  }

  /**
   * Reads to the client's close frame, answers it, and returns its code; 1006 if the client ended
   * the connection without one.
   */
  int awaitClose() throws IOException {
    for (Received frame = readFrame(); frame != null; frame = readFrame()) {
      if (frame.opcode() == Opcode.CLOSE) {
        send(Frames.frame(Frames.FIN | Opcode.CLOSE, frame.payload()));
        return frame.closeCode();
      }
    }
    return 1006;
  }

  /** Reads and answers nothing until the client ends the connection. */
  void awaitEnd() throws IOException {
    try {
      while (in.read() >= 0) {
        in.skipBytes(in.available());
      }
    } catch (SocketException e) {
      // A reset is an end as well.
    }
  }

  /** Ends the connection with a reset instead of an orderly end. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }
}
