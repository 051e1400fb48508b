package dev.perennial.simulators.tap;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A client that speaks WebSocket byte by byte, so that a test can say all that no library would.
 */
final class RawClient implements AutoCloseable {

  /** How long anything may take that is to happen. */
  static final Duration DEADLINE = Duration.ofSeconds(20);

  private static final Pattern ID = Pattern.compile("\"id\":(\\d+)");
  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  /** A frame as it came. */
  record Frame(boolean fin, int opcode, byte[] payload) {
    String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }

    int closeCode() {
      return payload.length < 2 ? 1005 : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
    }
  }

  /** An HTTP response. */
  record Response(int status, String head, String body) {}

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;

  RawClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) DEADLINE.toMillis());
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
    out = socket.getOutputStream();
  }

  /** A client that is connected to the channel. */
  static RawClient connect(TapSimulator simulator, String... headers) throws IOException {
    RawClient client = new RawClient(simulator.port());
    Response response = client.upgrade("/channel", headers);
    if (response.status() != 101) {
      client.close();
      throw new IOException("no upgrade, but " + response);
    }
    return client;
  }

  Response upgrade(String path, String... headers) throws IOException {
    List<String> lines = new ArrayList<>(List.of(headers));
    lines.add("Connection: Upgrade");
    lines.add("Upgrade: websocket");
    lines.add("Sec-WebSocket-Version: 13");
    lines.add("Sec-WebSocket-Key: " + KEY);
    return request("GET", path, "", lines.toArray(String[]::new));
  }

  Response request(String method, String path, String body, String... headers) throws IOException {
    StringBuilder request =
        new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    if (!body.isEmpty()) {
      request.append("Content-Length: ").append(body.length()).append("\r\n");
    }
    send(request.append("\r\n").append(body).toString().getBytes(StandardCharsets.UTF_8));
    return response();
  }

  Response response() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.readUnsignedByte());
    }
    Matcher length = Pattern.compile("(?i)content-length: (\\d+)").matcher(head);
    byte[] body = new byte[length.find() ? Integer.parseInt(length.group(1)) : 0];
    in.readFully(body);
    int status = Integer.parseInt(head.substring(9, 12));
    return new Response(status, head.toString(), new String(body, StandardCharsets.UTF_8));
  }

  void send(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  void text(String text) throws IOException {
    frame(0x81, text.getBytes(StandardCharsets.UTF_8));
  }

  void ack(long id) throws IOException {
    text("{\"type\":\"ack\",\"id\":" + Long.toUnsignedString(id) + "}");
  }

  /** Sends a masked frame of at most 65,535 bytes. */
  void frame(int first, byte[] payload) throws IOException {
    send(masked(first, payload));
  }

  static byte[] masked(int first, byte[] payload) {
    byte[] mask = {0x12, 0x34, 0x56, (byte) 0x9a};
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write(first);
    if (payload.length < 126) {
      frame.write(0x80 | payload.length);
    } else {
      frame.write(0x80 | 126);
      frame.write(payload.length >> 8);
      frame.write(payload.length);
    }
    frame.writeBytes(mask);
    for (int i = 0; i < payload.length; i++) {
      frame.write(payload[i] ^ mask[i & 3]);
    }
    return frame.toByteArray();
  }

  /** The next frame. */
  Frame read() throws IOException {
    int first = in.readUnsignedByte();
    int second = in.readUnsignedByte();
    if ((second & 0x80) != 0) {
      throw new IOException("a masked frame from a server");
    }
    long length = second & 0x7f;
    if (length == 126) {
      length = in.readUnsignedShort();
    } else if (length == 127) {
      length = in.readLong();
    }
    byte[] payload = new byte[Math.toIntExact(length)];
    in.readFully(payload);
    return new Frame((first & 0x80) != 0, first & 0x7f, payload);
  }

  /** The id of the next event. */
  long readId() throws IOException {
    return id(read());
  }

  List<Long> readIds(int count) throws IOException {
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(readId());
    }
    return ids;
  }

  static long id(Frame frame) {
    Matcher id = ID.matcher(frame.text());
    if (!id.find()) {
      throw new AssertionError("no event, but " + frame.text());
    }
    return Long.parseUnsignedLong(id.group(1));
  }

  /** Whether the server has nothing more to say: answers a ping, and nothing came before that. */
  boolean isQuiet() throws IOException {
    frame(0x89, "quiet?".getBytes(StandardCharsets.UTF_8));
    return read().opcode() == 0xa;
  }

  /** All bytes up to the end of the connection. */
  byte[] readAll() throws IOException {
    return in.readAllBytes();
  }

  /** How the connection ends: {@code end} or {@code reset}, or what else comes. */
  String ending() throws IOException {
    try {
      return "a frame: " + read();
    } catch (EOFException e) {
      return "end";
    } catch (SocketTimeoutException e) {
      return "none";
    } catch (IOException e) {
      return "reset";
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
