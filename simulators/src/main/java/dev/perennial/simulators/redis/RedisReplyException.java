package dev.perennial.simulators.redis;

/** Redis answered with an error; the message is its text. */
public final class RedisReplyException extends RuntimeException {

  private static final long serialVersionUID = 1;

  RedisReplyException(String message) {
    super(message);
  }
}
