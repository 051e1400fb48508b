package dev.perennial.source.mongo.internal.error;

import com.mongodb.MongoCommandException;

/**
 * The error of a failed command with a message of one line, because the driver's message contains
 * the server's whole response. The response is available from {@link #getResponse()}, and the
 * driver's own exception is the cause.
 */
final class BriefCommandException extends MongoCommandException {

  private static final long serialVersionUID = 1;

  private final String message;

  BriefCommandException(MongoCommandException error, String words) {
    super(error.getResponse(), error.getServerAddress());
    initCause(error);
    setStackTrace(error.getStackTrace());
    this.message =
        "the server at " + error.getServerAddress() + " answered with the error " + words;
    // The driver adds labels of its own to those of the response.
    error.getErrorLabels().forEach(this::addLabel);
  }

  @Override
  public String getMessage() {
    return message;
  }
}
