package dev.perennial.simulators.mongo.wire;

import java.util.List;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonString;

/** A command that the server answers with an error. */
public final class CommandError extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Names as in the server's error_codes.yml; those without one are called Location and number. */
  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(1, "InternalError"),
          Map.entry(2, "BadValue"),
          Map.entry(6, "HostUnreachable"),
          Map.entry(7, "HostNotFound"),
          Map.entry(9, "FailedToParse"),
          Map.entry(11, "UserNotFound"),
          Map.entry(13, "Unauthorized"),
          Map.entry(14, "TypeMismatch"),
          Map.entry(15, "Overflow"),
          Map.entry(18, "AuthenticationFailed"),
          Map.entry(20, "IllegalOperation"),
          Map.entry(26, "NamespaceNotFound"),
          Map.entry(43, "CursorNotFound"),
          Map.entry(47, "NoMatchingDocument"),
          Map.entry(48, "NamespaceExists"),
          Map.entry(50, "MaxTimeMSExpired"),
          Map.entry(59, "CommandNotFound"),
          Map.entry(63, "StaleShardVersion"),
          Map.entry(66, "ImmutableField"),
          Map.entry(72, "InvalidOptions"),
          Map.entry(73, "InvalidNamespace"),
          Map.entry(89, "NetworkTimeout"),
          Map.entry(91, "ShutdownInProgress"),
          Map.entry(125, "CommandFailed"),
          Map.entry(133, "FailedToSatisfyReadPreference"),
          Map.entry(134, "ReadConcernMajorityNotAvailableYet"),
          Map.entry(136, "CappedPositionLost"),
          Map.entry(143, "CursorInUse"),
          Map.entry(148, "ReadConcernMajorityNotEnabled"),
          Map.entry(150, "StaleEpoch"),
          Map.entry(166, "CommandNotSupportedOnView"),
          Map.entry(175, "QueryPlanKilled"),
          Map.entry(189, "PrimarySteppedDown"),
          Map.entry(202, "NetworkInterfaceExceededTimeLimit"),
          Map.entry(211, "KeyNotFound"),
          Map.entry(216, "ElectionInProgress"),
          Map.entry(222, "CloseChangeStream"),
          Map.entry(234, "RetryChangeStream"),
          Map.entry(237, "CursorKilled"),
          Map.entry(260, "InvalidResumeToken"),
          Map.entry(262, "ExceededTimeLimit"),
          Map.entry(280, "ChangeStreamFatalError"),
          Map.entry(286, "ChangeStreamHistoryLost"),
          Map.entry(334, "MechanismUnavailable"),
          Map.entry(391, "ReauthenticationRequired"),
          Map.entry(9001, "SocketException"),
          Map.entry(10058, "LegacyConstant"),
          Map.entry(10107, "NotWritablePrimary"),
          Map.entry(10334, "BSONObjectTooLarge"),
          Map.entry(11000, "DuplicateKey"),
          Map.entry(11600, "InterruptedAtShutdown"),
          Map.entry(11601, "Interrupted"),
          Map.entry(11602, "InterruptedDueToReplStateChange"),
          Map.entry(13388, "StaleConfig"),
          Map.entry(13435, "NotPrimaryNoSecondaryOk"),
          Map.entry(13436, "NotPrimaryOrSecondary"));

  private final int code;
  private final transient List<String> labels;
  private final boolean scripted;

  /** An error of the server's own, to which it may add labels. */
  public CommandError(int code, String message) {
    this(code, message, List.of(), false);
  }

  /** An error that a test scripted, with exactly these labels. */
  public CommandError(int code, String message, List<String> labels) {
    this(code, message, labels, true);
  }

  private CommandError(int code, String message, List<String> labels, boolean scripted) {
    super(message, null, false, false);
    this.code = code;
    this.scripted = scripted;
    this.labels = List.copyOf(labels);
  }

  public int code() {
    return code;
  }

  public List<String> labels() {
    return labels;
  }

  public boolean isScripted() {
    return scripted;
  }

  public static String nameOf(int code) {
    return NAMES.getOrDefault(code, "Location" + code);
  }

  public BsonDocument toReply(List<String> allLabels) {
    BsonDocument reply = new BsonDocument("ok", new BsonDouble(0));
    reply.put("errmsg", new BsonString(String.valueOf(getMessage())));
    reply.put("code", new BsonInt32(code));
    reply.put("codeName", new BsonString(nameOf(code)));
    if (!allLabels.isEmpty()) {
      BsonArray array = new BsonArray();
      allLabels.forEach(label -> array.add(new BsonString(label)));
      reply.put("errorLabels", array);
    }
    return reply;
  }
}
