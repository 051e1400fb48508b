package dev.perennial.source.tap;

import dev.perennial.port.LogText;

/**
 * What happened to a record. Open: an action that this version does not know is delivered as it
 * came.
 *
 * @param value the word that Tap uses
 */
public record RecordAction(String value) {

  public static final RecordAction CREATE = new RecordAction("create");
  public static final RecordAction UPDATE = new RecordAction("update");
  public static final RecordAction DELETE = new RecordAction("delete");

  /** The action of that name; one of the constants if there is one. */
  public static RecordAction of(String value) {
    return switch (value) {
      case "create" -> CREATE;
      case "update" -> UPDATE;
      case "delete" -> DELETE;
      default -> new RecordAction(value);
    };
  }

  /** Whether it is one of the constants. */
  public boolean isKnown() {
    return equals(CREATE) || equals(UPDATE) || equals(DELETE);
  }

  @Override
  public String toString() {
    return LogText.brief(value);
  }
}
