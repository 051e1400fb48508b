package dev.perennial.source.tap;

import dev.perennial.port.support.LogText;

/**
 * The change of a record. An action that this version does not know is delivered as it came.
 *
 * @param value Tap's name for the action
 */
public record RecordAction(String value) {

  public static final RecordAction CREATE = new RecordAction("create");
  public static final RecordAction UPDATE = new RecordAction("update");
  public static final RecordAction DELETE = new RecordAction("delete");

  /** Returns the action with a name; one of the constants if there is one. */
  public static RecordAction of(String value) {
    return switch (value) {
      case "create" -> CREATE;
      case "update" -> UPDATE;
      case "delete" -> DELETE;
      default -> new RecordAction(value);
    };
  }

  /** Returns whether this is one of the constants. */
  public boolean isKnown() {
    return equals(CREATE) || equals(UPDATE) || equals(DELETE);
  }

  @Override
  public String toString() {
    return LogText.brief(value);
  }
}
