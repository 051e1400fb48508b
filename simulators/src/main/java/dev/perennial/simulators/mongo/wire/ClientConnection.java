package dev.perennial.simulators.mongo.wire;

import java.io.IOException;
import java.net.Socket;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/** A client's connection: one thread reads requests, another one answers them in order. */
public final class ClientConnection {

  private final int number;
  private final Socket socket;
  private final RequestHandler handler;
  private final Consumer<ClientConnection> ended;
  private final MessageReader reader;
  private final MessageWriter writer;
  private final BlockingQueue<Optional<Request>> received = new LinkedBlockingQueue<>();
  private volatile boolean closed;

  /** What the client calls itself; empty before it said so. */
  private volatile String application = "";

  /**
   * @param number identifies the connection
   * @param ended called once the client has closed the connection or was cut off
   */
  public ClientConnection(
      int number, Socket socket, RequestHandler handler, Consumer<ClientConnection> ended)
      throws IOException {
    this.number = number;
    this.socket = socket;
    this.handler = handler;
    this.ended = ended;
    this.reader = new MessageReader(socket.getInputStream());
    this.writer = new MessageWriter(socket.getOutputStream());
  }

  public int number() {
    return number;
  }

  public String application() {
    return application;
  }

  public void setApplication(String application) {
    this.application = application;
  }

  public boolean isClosed() {
    return closed;
  }

  public void start() {
    startThread("read", this::read);
    startThread("run", this::serve);
  }

  private void startThread(String role, Runnable work) {
    Thread thread =
        new Thread(work, "mongo-simulator-" + socket.getLocalPort() + "-" + number + "-" + role);
    thread.setDaemon(true);
    thread.start();
  }

  /** Closes it. Safe for use from any thread. */
  public void close() {
    closed = true;
    try {
      socket.close();
    } catch (IOException e) {
      closed = true; // it is unusable either way
    }
  }

  /** Reads ahead, so that a client that goes away is noticed while its command waits. */
  private void read() {
    try {
      Request request = reader.read();
      while (request != null) {
        received.add(Optional.of(request));
        request = reader.read();
      }
    } catch (IOException e) {
      closed = true; // in the middle of a message, which makes no difference here
    }
    closed = true;
    received.add(Optional.empty());
    ended.accept(this);
  }

  private void serve() {
    try {
      Optional<Request> request = received.take();
      while (request.isPresent()) {
        answer(request.get());
        request = received.take();
      }
    } catch (IOException e) {
      closed = true; // a fault closes it, or the client is gone
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      close();
    }
  }

  private void answer(Request request) throws IOException {
    RequestHandler.Answer answer = handler.answer(this, request);
    if (answer.reply() instanceof Reply.Garbage) {
      byte[] garbage = new byte[64];
      new Random(number).nextBytes(garbage);
      garbage[3] = 0x7f; // a length that no message has
      writer.raw(garbage);
      throw new IOException("Garbage was asked for.");
    }
    if (request.unacknowledged()) {
      return;
    }
    boolean more = request.exhaustAllowed() && answer.continues();
    int id = writer.write(request, request.id(), answer.reply(), answer.footer(), more);
    while (more) {
      answer = handler.answerAgain(this, request);
      id = writer.write(request, id, answer.reply(), answer.footer(), true);
    }
  }
}
