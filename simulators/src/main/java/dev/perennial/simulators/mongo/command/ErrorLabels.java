package dev.perennial.simulators.mongo.command;

import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.Request;
import dev.perennial.simulators.mongo.wire.WireVersions;
import java.util.Set;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/** The labels that the server puts on errors by itself, as its {@code error_labels.cpp} does. */
final class ErrorLabels {

  static final String RESUMABLE = "ResumableChangeStreamError";
  static final String NOT_RESUMABLE = "NonResumableChangeStreamError";
  static final String RETRYABLE_WRITE = "RetryableWriteError";

  private static final Set<Integer> RETRIABLE =
      Set.of(
          6, 7, 63, 89, 91, 133, 150, 189, 234, 262, 9001, 10107, 11600, 11602, 13388, 13435,
          13436);

  private static final Set<Integer> RETRYABLE_WRITES =
      Set.of(6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436);

  private static final Set<Integer> NOT_PRIMARY = Set.of(189, 10058, 10107, 11602, 13435, 13436);

  private ErrorLabels() {}

  /**
   * Whether an answer with this code says which topology it is about. One with a shutdown's code,
   * 91 or 11600, only does so while a server that was told to stop still answers, which this one
   * never does.
   */
  static boolean namesTopology(int code) {
    return NOT_PRIMARY.contains(code);
  }

  /** The label of an error that a command met by itself. */
  static @Nullable String ofRealError(CommandError error, Request request, int wireVersion) {
    if (error.isScripted()) {
      return null;
    }
    if (error.code() == 280 || error.code() == 286) {
      return NOT_RESUMABLE;
    }
    if (wireVersion < WireVersions.V4_4) {
      return null;
    }
    if (request.command().containsKey("txnNumber") && RETRYABLE_WRITES.contains(error.code())) {
      return RETRYABLE_WRITE;
    }
    return RETRIABLE.contains(error.code()) && isChangeStream(request) ? RESUMABLE : null;
  }

  /** Whether a request opens a change stream. */
  static boolean isChangeStream(Request request) {
    BsonDocument command = request.command();
    if (!request.name().equals("aggregate") || !command.isArray("pipeline")) {
      return false;
    }
    for (BsonValue stage : command.getArray("pipeline")) {
      return stage.isDocument() && stage.asDocument().containsKey("$changeStream");
    }
    return false;
  }
}
