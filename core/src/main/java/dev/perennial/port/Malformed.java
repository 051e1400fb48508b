package dev.perennial.port;

/**
 * An event for a message that could not be decoded. The application acks it like any other event,
 * and can store it elsewhere before. The stream counts it and notifies its listeners.
 */
public interface Malformed {

  /** How many bytes of a message over the size limit are kept: 4 KiB. */
  int RAW_LIMIT = 4096;

  /**
   * A copy of the message as it came; of a message over the size limit its first {@link #RAW_LIMIT}
   * bytes, and then {@link #size()} is larger than the array's length.
   */
  byte[] raw();

  /** The size of the whole message in bytes. */
  long size();

  /** Why it could not be decoded. */
  Throwable cause();
}
