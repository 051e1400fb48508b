package dev.perennial.source.tap;

import dev.perennial.port.Malformed;
import dev.perennial.port.support.LogText;
import dev.perennial.source.tap.internal.message.MessageFields;
import dev.perennial.source.tap.internal.message.TapFormatException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A message that could not be decoded: it is not JSON, lacks a required field, is binary, or is
 * over the transport's size limit. If its id could be read, acking the event acks it to Tap. If
 * not, Tap sends it again from time to time until it is removed or corrected there.
 */
public final class TapMalformed extends TapEvent implements Malformed {

  private final long size;
  private final TapFormatException cause;

  TapMalformed(
      byte[] message,
      JsonMapper mapper,
      MessageFields fields,
      long size,
      TapFormatException cause) {
    super(message, mapper, fields);
    this.size = size;
    this.cause = cause;
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
        + idText()
        + ", "
        + size
        + " bytes, "
        + LogText.brief(cause.problem())
        + ']';
  }
}
