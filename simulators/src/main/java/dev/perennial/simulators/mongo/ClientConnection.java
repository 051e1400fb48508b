package dev.perennial.simulators.mongo;

import java.io.IOException;
import java.net.Socket;
import java.util.Random;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A client's connection, with a thread of its own that reads, runs and answers in turn. */
final class ClientConnection {

  private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);

  private final ReplicaSet set;
  private final Member member;
  private final Socket socket;
  private final int number;
  private final MessageReader reader;
  private final MessageWriter writer;
  private final Dispatcher dispatcher;
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
    Thread thread = new Thread(this::serve, "mongo-simulator-" + member.port() + "-" + number);
    thread.setDaemon(true);
    thread.start();
  }

  /** Ends it, from any thread. */
  void close() {
    closed = true;
    try {
      socket.close();
    } catch (IOException e) {
      LOG.debug("Closing connection {} failed", number, e);
    }
  }

  private void serve() {
    try {
      Request request = reader.read();
      while (request != null) {
        answer(request);
        request = reader.read();
      }
    } catch (IOException e) {
      LOG.debug("Connection {} ended", number, e);
    } catch (RuntimeException e) {
      LOG.warn("Connection {} ended by a fault of the simulator's own", number, e);
    } finally {
      close();
      set.lock.lock();
      try {
        member.forget(this);
      } finally {
        set.lock.unlock();
      }
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
