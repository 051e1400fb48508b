package dev.perennial.port;

/**
 * A message that a channel received. Its bytes belong to the receiver: the channel keeps no
 * reference to them and does not change them.
 */
@SuppressWarnings("ArrayRecordComponent") // copying each message would cost more than decoding it
public sealed interface Message {

  /** A text message, valid UTF-8. */
  record Text(byte[] utf8) implements Message {}

  /** A binary message. */
  record Binary(byte[] bytes) implements Message {}

  /**
   * A message over the transport's size limit, which was read to its end and discarded.
   *
   * @param head its first 4 KiB
   * @param size its whole size in bytes
   */
  record TooLarge(byte[] head, long size) implements Message {}
}
