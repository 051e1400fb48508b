package dev.perennial.source.mongo.internal.cursor;

import com.mongodb.MongoException;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.internal.error.ErrorDetails;
import dev.perennial.source.mongo.internal.error.MongoErrors;

/** The server does not take a token, whatever it calls that: it takes all else without it. */
public final class TokenRefusedException extends MongoSourceException {

  private static final long serialVersionUID = 1;

  TokenRefusedException(MongoException cause) {
    super(
        ErrorDetails.positionLost(
            "the server opens the change stream without the resume token and refuses it with that: "
                + MongoErrors.words(cause),
            cause));
  }
}
