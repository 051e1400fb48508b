package dev.perennial.source.mongo.internal.event;

/** Bytes are not the BSON that they should be. Says what is wrong and where. */
final class CorruptBsonException extends Exception {

  private static final long serialVersionUID = 1;

  CorruptBsonException(String message) {
    super(message);
  }
}
