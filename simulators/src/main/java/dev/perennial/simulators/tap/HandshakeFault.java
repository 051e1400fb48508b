package dev.perennial.simulators.tap;

/** What to do to a client that wants to connect, instead of letting it. */
sealed interface HandshakeFault {

  /** Answers with another response. */
  record Respond(HttpReply answer) implements HandshakeFault {}

  /** Answers with bytes that may be anything, and closes. */
  record RespondRaw(byte[] bytes) implements HandshakeFault {}

  /** Closes without an answer. */
  record Drop() implements HandshakeFault {}

  /** Never answers. */
  record Hang() implements HandshakeFault {}

  /** Lets the client connect, and closes at once. */
  record AcceptThenClose() implements HandshakeFault {}
}
