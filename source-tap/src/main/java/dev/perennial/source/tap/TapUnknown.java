package dev.perennial.source.tap;

import dev.perennial.port.support.LogText;
import java.util.OptionalLong;
import tools.jackson.databind.json.JsonMapper;

/** An event of a kind that this version does not know. Only its id and type were read. */
public final class TapUnknown extends TapEvent {

  private final long id;
  private final String type;

  TapUnknown(byte[] message, JsonMapper mapper, long id, String type) {
    super(message, mapper);
    this.id = id;
    this.type = type;
  }

  /**
   * Returns the number that Tap gave to the event and that an ack names. It is unsigned, so show it
   * with {@link Long#toUnsignedString(long)}. Do not store it as a key: Tap may start again at 1
   * when it restarts.
   */
  public long id() {
    return id;
  }

  @Override
  public OptionalLong idIfAny() {
    return OptionalLong.of(id);
  }

  /** Returns Tap's name for this kind of event. */
  public String type() {
    return type;
  }

  @Override
  public String toString() {
    return "TapUnknown[" + Long.toUnsignedString(id) + ' ' + LogText.brief(type) + ']';
  }
}
