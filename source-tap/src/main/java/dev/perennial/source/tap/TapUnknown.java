package dev.perennial.source.tap;

import dev.perennial.port.support.LogText;
import dev.perennial.source.tap.internal.message.MessageFields;
import tools.jackson.databind.json.JsonMapper;

/** An event of a kind that this version does not know. Only its id and type were read. */
public final class TapUnknown extends TapEvent {

  private final String type;

  TapUnknown(byte[] message, JsonMapper mapper, MessageFields fields) {
    super(message, mapper, fields);
    this.type = fields.type();
  }

  /** Returns Tap's name for this kind of event. */
  public String type() {
    return type;
  }

  @Override
  public String toString() {
    return "TapUnknown[" + idText() + ' ' + LogText.brief(type) + ']';
  }
}
