package dev.perennial.simulators.mongo.changes;

/** The values of {@code fullDocument} and {@code fullDocumentBeforeChange}. */
enum ImageMode {
  OFF,
  UPDATE_LOOKUP,
  WHEN_AVAILABLE,
  REQUIRED
}
