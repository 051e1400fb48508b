package dev.perennial.source.mongo;

import com.mongodb.MongoException;

/** The server does not take a token, whatever it calls that: it takes all else without it. */
final class TokenRefusedException extends MongoSourceException {

  private static final long serialVersionUID = 1;

  TokenRefusedException(MongoException cause) {
    super(
        ErrorDetails.positionLost(
            "the server opens the change stream without the resume token and refuses it with that: "
                + MongoErrors.words(cause),
            cause));
  }
}
