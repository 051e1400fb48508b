package dev.perennial.source.tap;

import dev.perennial.port.LogText;
import java.util.OptionalLong;
import tools.jackson.databind.json.JsonMapper;

/** An event of a kind that this version does not know: only its id and its type were looked at. */
public final class TapUnknown extends TapEvent {

  private final long id;
  private final String type;

  TapUnknown(byte[] message, JsonMapper mapper, long id, String type) {
    super(message, mapper);
    this.id = id;
    this.type = type;
  }

  /**
   * The number that Tap gave to the event and that an ack names: unsigned, so use {@link
   * Long#toUnsignedString(long)} to show it. Not durable: Tap may begin again at 1 when it
   * restarts, so it is no key to remember events by.
   */
  public long id() {
    return id;
  }

  @Override
  public OptionalLong idIfAny() {
    return OptionalLong.of(id);
  }

  /** What Tap calls this kind of event. */
  public String type() {
    return type;
  }

  @Override
  public String toString() {
    return "TapUnknown[" + Long.toUnsignedString(id) + ' ' + LogText.brief(type) + ']';
  }
}
