package dev.perennial.source.mongo;

/** A part of a split event is missing; the event comes again whole from its cluster time. */
final class FragmentMissingException extends MongoSourceException {

  private static final long serialVersionUID = 1;

  FragmentMissingException(String message) {
    super(ErrorDetails.positionLost(message, null));
  }
}
