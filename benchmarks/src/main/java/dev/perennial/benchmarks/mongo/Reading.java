package dev.perennial.benchmarks.mongo;

/** What a loop reads of an event, besides taking its resume token. */
enum Reading {
  /** The operation type, the collection, the document's {@code _id}, and the cluster time. */
  ENVELOPE,
  /** The same, and one field of the document, which stands at its end. */
  ONE_FIELD
}
