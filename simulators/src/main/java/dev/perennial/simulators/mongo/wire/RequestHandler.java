package dev.perennial.simulators.mongo.wire;

import java.io.IOException;
import org.bson.BsonDocument;

/** Answers the requests of a member's connections; each connection asks from one thread. */
public interface RequestHandler {

  /**
   * The answer to a request.
   *
   * @param footer the fields that it ends with
   * @param continues whether further answers to the same request may follow
   */
  record Answer(Reply reply, BsonDocument footer, boolean continues) {}

  /**
   * Answers a request.
   *
   * @throws IOException to close the connection without an answer
   */
  Answer answer(ClientConnection connection, Request request) throws IOException;

  /**
   * Gives the next answer to a request whose last answer continues.
   *
   * @throws IOException to close the connection without an answer
   */
  Answer answerAgain(ClientConnection connection, Request request) throws IOException;
}
