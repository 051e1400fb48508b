package dev.perennial.simulators.tap;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The faults that a simulator can be made to show. A connection fault hits all open connections. A
 * handshake fault hits one of the next requests for {@code /channel}, in the order of the calls
 * here and before the password is checked, except {@link #acceptThenClose}. Safe for use from any
 * thread; each method has taken effect when it returns. While the server is stopped, handshake
 * faults wait and the others do nothing.
 */
public final class TapFaults {

  private static final int GARBAGE_BYTES = 64;

  /** Reserved bits set, and an opcode that does not exist. */
  private static final byte GARBAGE = (byte) 0xf7;

  private final ServerRunner runner;
  private final DurableState state;

  TapFaults(ServerRunner runner, DurableState state) {
    this.runner = runner;
    this.state = state;
  }

  // Connections

  /** Closes all connections without a close frame. */
  public void cutConnections() {
    forEachConnection(connection -> connection.end(false));
  }

  /** Resets all connections. */
  public void resetConnections() {
    forEachConnection(connection -> connection.end(true));
  }

  /**
   * Stops reading from and writing to the connections that are open now, which stay open. New ones
   * work.
   */
  public void stall() {
    forEachConnection(ClientConnection::stall);
  }

  /** Ends a {@link #stall}: stalled connections read and write again. */
  public void resume() {
    forEachConnection(ClientConnection::resume);
  }

  /** Sends bytes that are no frame. */
  public void sendGarbage() {
    byte[] garbage = new byte[GARBAGE_BYTES];
    Arrays.fill(garbage, GARBAGE);
    sendBytes(garbage);
  }

  /** Sends bytes unchanged, whether they are frames or not. */
  public void sendBytes(byte[] bytes) {
    byte[] copy = bytes.clone();
    forEachConnection(connection -> connection.send(Unpooled.wrappedBuffer(copy)));
  }

  /** Sends a text message of so many bytes, all of them the letter x, which is in no outbox. */
  public void sendOversized(long bytes) {
    forEachConnection(connection -> connection.sendFiller(bytes));
  }

  /** Sends a text message that is in no outbox. */
  public void sendText(String text) {
    byte[] payload = text.getBytes(StandardCharsets.UTF_8);
    forEachConnection(connection -> connection.sendFrame(Frames.TEXT, payload));
  }

  /** Sends a binary message that is in no outbox. */
  public void sendBinary(byte[] payload) {
    byte[] copy = payload.clone();
    forEachConnection(connection -> connection.sendFrame(Frames.BINARY, copy));
  }

  /**
   * Sends a close frame, and closes when the client has answered it.
   *
   * @param code any that may stand in a frame, or 1005 for a frame without a code
   * @param reason at most 123 bytes of UTF-8
   */
  public void closeWith(int code, String reason) {
    forEachConnection(connection -> connection.startClose(code, reason));
  }

  /**
   * Sends events in fragments from now on, with a ping between each two.
   *
   * @param bytes how large each is; 0 to send events whole again
   */
  public void fragmentEvents(int bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException(
          "Fragments have 1 byte or more, or 0 for none, not " + bytes + ".");
    }
    runner.run(() -> state.setFragmentSize(bytes));
  }

  // Handshakes

  /** Answers with a status and a body of text. */
  public void rejectHandshakes(int status, int times) {
    rejectHandshakes(status, Map.of("Content-Type", "text/plain"), "rejected on purpose", times);
  }

  /** Answers with a status, headers and a body, for example 503 and {@code Retry-After}. */
  public void rejectHandshakes(int status, Map<String, String> headers, String body, int times) {
    script(new HandshakeFault.Respond(new HttpReply(status, headers, body)), times);
  }

  /** Answers with bytes that need not be HTTP, and closes. */
  public void answerHandshakes(byte[] bytes, int times) {
    script(new HandshakeFault.RespondRaw(bytes.clone()), times);
  }

  /** Closes instead of answering. */
  public void dropHandshakes(int times) {
    script(new HandshakeFault.Drop(), times);
  }

  /** Never answers; the connection stays open. */
  public void hangHandshakes(int times) {
    script(new HandshakeFault.Hang(), times);
  }

  /** Lets clients connect, and closes at once, without a close frame. */
  public void acceptThenClose(int times) {
    script(new HandshakeFault.AcceptThenClose(), times);
  }

  /** Removes the handshake faults that have not hit yet. */
  public void clearHandshakes() {
    runner.run(() -> state.handshakeFaults().clear());
  }

  private void script(HandshakeFault fault, int times) {
    runner.run(() -> {
      for (int i = 0; i < times; i++) {
        state.handshakeFaults().add(fault);
      }
    });
  }

  private void forEachConnection(Consumer<ClientConnection> action) {
    runner.run(() -> {
      ServerProcess process = runner.process();
      if (process != null) {
        process.forEachConnection(action);
      }
    });
  }
}
