package dev.perennial.simulators.mongo;

import java.io.IOException;
import java.net.Socket;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A client's connection, with one thread that reads and one that runs and answers, in turn. */
final class ClientConnection {

  private final ReplicaSet set;
  private final Member member;
  private final Socket socket;
  private final int number;
  private final MessageReader reader;
  private final MessageWriter writer;
  private final Dispatcher dispatcher;
  private final BlockingQueue<Optional<Request>> received = new LinkedBlockingQueue<>();
  private volatile boolean closed;

  /** What the client calls itself; empty before it said so. */
  private volatile String application = "";

  ClientConnection(ReplicaSet set, Member member, Socket socket) throws IOException {
    this.set = set;
    this.member = member;
    this.socket = socket;
    this.number = set.connectionIds.incrementAndGet();
    this.reader = new MessageReader(socket.getInputStream());
    this.writer = new MessageWriter(socket.getOutputStream());
    this.dispatcher = new Dispatcher(set, member);
  }

  int number() {
    return number;
  }

  String application() {
    return application;
  }

  void setApplication(String application) {
    this.application = application;
  }

  boolean isClosed() {
    return closed;
  }

  void start() {
    startThread("read", this::read);
    startThread("run", this::serve);
  }

  private void startThread(String role, Runnable work) {
    Thread thread =
        new Thread(work, "mongo-simulator-" + member.port() + "-" + number + "-" + role);
    thread.setDaemon(true);
    thread.start();
  }

  /** Ends it, from any thread. */
  void close() {
    closed = true;
    try {
      socket.close();
    } catch (IOException e) {
      closed = true; // as good as closed: nobody hears of it any more
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
      closed = true; // in the middle of a message; to us the same as between two
    }
    closed = true;
    received.add(Optional.empty());
    set.change(() -> member.forget(this));
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
    Dispatcher.Answer answer = dispatcher.run(this, request);
    if (answer.garbage()) {
      byte[] garbage = new byte[64];
      new Random(number).nextBytes(garbage);
      garbage[3] = 0x7f; // a length that no message has
      writer.raw(garbage);
      throw new IOException("Garbage was asked for.");
    }
    if (request.unacknowledged()) {
      return;
    }
    boolean more = request.exhaustAllowed() && answer.streams();
    int id = writer.write(request, request.id(), answer.reply(), answer.footer(), more);
    while (more) {
      answer = dispatcher.next(this, request);
      id = writer.write(request, id, answer.reply(), answer.footer(), true);
    }
  }
}
