package dev.perennial.simulators.mongo.server;

import dev.perennial.simulators.mongo.query.BsonValues;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.Request;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * The server's own fail point {@code failCommand}, set by {@code configureFailPoint}: for suites
 * that also run on real servers. Guarded by the replica set's lock.
 */
public final class FailPoint {

  /**
   * Codes of errors that carry details, which the fail point cannot give: the server answers with
   * {@link #NO_DETAILS} instead. From {@code error_codes.yml}, {@code extra} without {@code
   * extraIsOptional}.
   */
  private static final Set<Integer> DETAILED = Set.of(65, 169, 227, 249, 283, 11000, 13388);

  private static final int NO_DETAILS = 40671;

  private static final int ALWAYS = -1;

  private final BsonDocument data;
  private final List<String> commands = new ArrayList<>();
  private final @Nullable String application;
  private int skip;
  private int left;

  private FailPoint(BsonDocument data, int skip, int times) {
    this.data = data;
    this.skip = skip;
    this.left = times;
    this.application = BsonValues.text(data, "appName");
    for (BsonValue name : data.getArray("failCommands")) {
      commands.add(name.asString().getValue());
    }
  }

  /** The fail point that a command sets; null to turn it off. */
  public static @Nullable FailPoint parse(BsonDocument command) {
    if (!"failCommand".equals(BsonValues.text(command, "configureFailPoint"))) {
      throw new CommandError(2, command.get("configureFailPoint") + " is not a fail point here");
    }
    BsonValue mode = command.get("mode", new BsonString("alwaysOn"));
    BsonDocument data = command.getDocument("data", new BsonDocument());
    if (mode.isString()) {
      return switch (mode.asString().getValue()) {
        case "off" -> null;
        case "alwaysOn" -> new FailPoint(data, 0, ALWAYS);
        default -> throw new CommandError(2, "unknown mode of a fail point: " + mode);
      };
    }
    BsonDocument counts = mode.asDocument();
    if (counts.containsKey("times")) {
      return new FailPoint(data, 0, counts.getNumber("times").intValue());
    }
    return new FailPoint(data, counts.getNumber("skip").intValue(), ALWAYS);
  }

  /**
   * Whether it hits a command, which counts as a hit.
   *
   * @param application what the client calls itself
   */
  public boolean hits(Request request, String application) {
    if (left == 0
        || !commands.contains(request.name())
        || (this.application != null && !this.application.equals(application))) {
      return false;
    }
    if (skip > 0) {
      skip--;
      return false;
    }
    if (left > 0) {
      left--;
    }
    return true;
  }

  /** How long a command that is hit waits first, in milliseconds. */
  public long blockMillis() {
    return data.getBoolean("blockConnection", BsonBoolean.FALSE).getValue()
        ? data.getNumber("blockTimeMS").longValue()
        : 0;
  }

  /**
   * Does to a command that is hit what the fail point says, which can be nothing.
   *
   * @throws CommandError to answer with an error
   * @throws IOException to close the connection
   */
  public void fail() throws IOException {
    if (data.getBoolean("closeConnection", BsonBoolean.FALSE).getValue()) {
      throw new IOException("The fail point closes the connection.");
    }
    if (data.containsKey("errorCode")) {
      fail(data.getNumber("errorCode").intValue());
    }
  }

  private void fail(int code) {
    if (DETAILED.contains(code)) {
      throw new CommandError(
          NO_DETAILS, "Missing required extra info for error code " + CommandError.nameOf(code));
    }
    String message = "Failing command via 'failCommand' failpoint";
    if (data.isArray("errorLabels")) {
      List<String> labels = new ArrayList<>();
      data.getArray("errorLabels").forEach(label -> labels.add(label.asString().getValue()));
      throw new CommandError(code, message, labels);
    }
    throw new CommandError(code, message);
  }
}
