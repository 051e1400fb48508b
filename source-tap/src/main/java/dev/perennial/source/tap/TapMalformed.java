package dev.perennial.source.tap;

import dev.perennial.port.LogText;
import dev.perennial.port.Malformed;
import java.util.OptionalLong;
import tools.jackson.databind.json.JsonMapper;

/**
 * A message that could not be decoded: it is no JSON, lacks something that every event of its kind
 * has, is binary, or is over the transport's size limit. Where its id could be read, acking it acks
 * it to Tap; where not, Tap sends it again from time to time until somebody mends it there.
 */
public final class TapMalformed extends TapEvent implements Malformed {

  private final OptionalLong id;
  private final long size;
  private final Throwable cause;

  TapMalformed(byte[] message, JsonMapper mapper, OptionalLong id, long size, Throwable cause) {
    super(message, mapper);
    this.id = id;
    this.size = size;
    this.cause = cause;
  }

  /** The event's id, unsigned, if the message says one beyond doubt. */
  public OptionalLong id() {
    return id;
  }

  @Override
  public OptionalLong idIfAny() {
    return id;
  }

  @Override
  long messageSize() {
    return size;
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
    return "TapMalformed["
        + (id.isPresent() ? Long.toUnsignedString(id.getAsLong()) : "no id")
        + ", "
        + size
        + " bytes, "
        + LogText.brief(String.valueOf(cause.getMessage()))
        + ']';
  }
}
