package dev.perennial.source.mongo.internal.cursor;

import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.internal.error.ErrorDetails;

/** The driver reopened a cursor again and again without an answer, and was stopped. */
public final class ResumeStormException extends MongoSourceException {

  private static final long serialVersionUID = 1;

  ResumeStormException(int resumes) {
    super(
        ErrorDetails.retry(
            "the driver reopened the cursor "
                + resumes
                + " times in a row without an answer to a getMore, and was stopped, so that the stream waits before"
                + " it tries again",
            null));
  }
}
