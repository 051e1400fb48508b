package dev.perennial.source.mongo.internal.event;

import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.internal.error.ErrorDetails;

/** A part of a split event is missing; the event comes again whole from its cluster time. */
public final class FragmentMissingException extends MongoSourceException {

  private static final long serialVersionUID = 1;

  public FragmentMissingException(String message) {
    super(ErrorDetails.positionLost(message, null));
  }
}
