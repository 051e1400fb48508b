package dev.perennial.simulators.mongo.storage;

/** The kinds of oplog entries. */
public enum ChangeKind {
  INSERT("insert", false),
  UPDATE("update", false),
  REPLACE("replace", false),
  DELETE("delete", false),
  DROP("drop", false),
  RENAME("rename", false),
  DROP_DATABASE("dropDatabase", false),
  CREATE("create", true),
  CREATE_INDEXES("createIndexes", true),
  DROP_INDEXES("dropIndexes", true),
  MODIFY("modify", true),
  /** An event that a test made up. */
  RAW("", false),
  /** No change: the entry only advances the time. */
  NOOP("", false);

  private final String operationType;
  private final boolean expandedOnly;

  ChangeKind(String operationType, boolean expandedOnly) {
    this.operationType = operationType;
    this.expandedOnly = expandedOnly;
  }

  String operationType() {
    return operationType;
  }

  /** Whether a stream shows it only with {@code showExpandedEvents}. */
  public boolean expandedOnly() {
    return expandedOnly;
  }
}
