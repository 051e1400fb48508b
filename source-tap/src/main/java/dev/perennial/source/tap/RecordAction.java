package dev.perennial.source.tap;

import dev.perennial.port.support.LogText;
import dev.perennial.source.tap.internal.message.JsonText;
import dev.perennial.source.tap.internal.message.KnownWords;
import java.util.List;

/**
 * The change of a record. An action that this version does not know is delivered as it came.
 *
 * @param value Tap's name for the action
 */
public record RecordAction(String value) {

  public static final RecordAction CREATE = new RecordAction("create");
  public static final RecordAction UPDATE = new RecordAction("update");
  public static final RecordAction DELETE = new RecordAction("delete");

  private static final List<RecordAction> KNOWN = List.of(CREATE, UPDATE, DELETE);
  private static final KnownWords WORDS =
      KnownWords.of(KNOWN.stream().map(RecordAction::value).toList());

  /** Returns the action with a name; one of the constants if there is one. */
  public static RecordAction of(String value) {
    RecordAction action = new RecordAction(value);
    int known = KNOWN.indexOf(action);
    return known < 0 ? action : KNOWN.get(known);
  }

  /** Decodes the action at an offset of a message. */
  static RecordAction decode(byte[] json, int quote) {
    int known = WORDS.find(json, quote);
    return known < 0 ? new RecordAction(JsonText.decode(json, quote)) : KNOWN.get(known);
  }

  /** Returns whether this is one of the constants. */
  public boolean isKnown() {
    return KNOWN.contains(this);
  }

  @Override
  public String toString() {
    return LogText.brief(value);
  }
}
