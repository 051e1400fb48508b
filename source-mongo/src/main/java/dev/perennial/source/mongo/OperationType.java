package dev.perennial.source.mongo;

/**
 * The operation that a change event reports, including those of {@code showExpandedEvents}. An
 * operation that this version does not know is {@link #OTHER}, and {@link
 * Change#rawOperationType()} has its name.
 */
public enum OperationType {
  INSERT("insert", Sort.DATA),
  UPDATE("update", Sort.DATA),
  REPLACE("replace", Sort.DATA),
  DELETE("delete", Sort.DATA),
  DROP("drop", Sort.DEFINITION),
  RENAME("rename", Sort.DEFINITION),
  DROP_DATABASE("dropDatabase", Sort.DEFINITION),
  /** The server ended the stream, because what it watches was dropped or renamed. */
  INVALIDATE("invalidate", Sort.NEITHER),
  CREATE("create", Sort.DEFINITION),
  CREATE_INDEXES("createIndexes", Sort.DEFINITION),
  DROP_INDEXES("dropIndexes", Sort.DEFINITION),
  MODIFY("modify", Sort.DEFINITION),
  SHARD_COLLECTION("shardCollection", Sort.DEFINITION),
  REFINE_COLLECTION_SHARD_KEY("refineCollectionShardKey", Sort.DEFINITION),
  RESHARD_COLLECTION("reshardCollection", Sort.DEFINITION),
  /** An operation that this version does not know, or that the pipeline removed. */
  OTHER("", Sort.NEITHER);

  private enum Sort {
    DATA,
    DEFINITION,
    NEITHER
  }

  private static final OperationType[] ALL = values();

  private final String value;
  private final Sort sort;

  OperationType(String value, Sort sort) {
    this.value = value;
    this.sort = sort;
  }

  /** Returns the server's name for the operation; empty for {@link #OTHER}. */
  public String value() {
    return value;
  }

  /** Returns the type with a name of the server; {@link #OTHER} if there is none. */
  public static OperationType of(String value) {
    for (OperationType type : ALL) {
      if (type.value.equals(value)) {
        return type;
      }
    }
    return OTHER;
  }

  /** Returns whether it changes a document: insert, update, replace or delete. */
  public boolean isData() {
    return sort == Sort.DATA;
  }

  /** Returns whether it changes a collection, its indexes or a database. */
  public boolean isDefinition() {
    return sort == Sort.DEFINITION;
  }
}
