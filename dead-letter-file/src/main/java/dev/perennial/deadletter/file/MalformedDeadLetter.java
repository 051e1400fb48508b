package dev.perennial.deadletter.file;

import dev.perennial.deadletter.file.internal.LetterFormatException;
import dev.perennial.port.Malformed;

/** A line that is no dead letter, or that is over {@link DeadLetterSource#maxLetterSize}. */
public final class MalformedDeadLetter implements DeadLetterEvent, Malformed {

  private final byte[] raw;
  private final long size;
  private final LetterFormatException cause;

  MalformedDeadLetter(byte[] raw, long size, LetterFormatException cause) {
    this.raw = raw;
    this.size = size;
    this.cause = cause;
  }

  @Override
  public DeadLetter letter() {
    throw new IllegalStateException(cause.getMessage() + " Look at raw().", cause);
  }

  @Override
  public byte[] raw() {
    return raw.clone();
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public Throwable cause() {
    return cause;
  }

  @Override
  public String toString() {
    return "MalformedDeadLetter[" + size + " bytes]";
  }
}
