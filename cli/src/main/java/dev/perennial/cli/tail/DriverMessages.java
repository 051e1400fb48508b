package dev.perennial.cli.tail;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Shortens the messages of the MongoDB driver's errors. */
final class DriverMessages {

  /**
   * Precedes, in the exception's message, the only statement of why no server was found: {@code
   * servers=[{address=…, type=…, exception={…}, caused by {…}}, …]}.
   */
  private static final String CLUSTER_STATE = ". Client view of cluster state is ";

  private static final Pattern SERVER =
      Pattern.compile("\\{address=([^,]+), type=(\\w+),.*?(?=, \\{address=|$)");

  /** An error of a server; the last one is the root cause. */
  private static final Pattern EXCEPTION = Pattern.compile("(?:exception=|caused by )\\{([^}]*)}");

  /** Its message is only the host's name. */
  private static final String UNKNOWN_HOST = "java.net.UnknownHostException: ";

  private static final Pattern JAVA_TYPE = Pattern.compile("^[\\w.$]+(?:Exception|Error): ");

  private DriverMessages() {}

  /** Returns the server's message for a failed command, and the cause if no server was found. */
  static String of(Throwable error) {
    if (error instanceof MongoCommandException command) {
      return command.getErrorMessage() + " (" + command.getErrorCode() + ')';
    }
    String message = String.valueOf(error.getMessage());
    int state = message.indexOf(CLUSTER_STATE);
    return error instanceof MongoTimeoutException && state >= 0
        ? servers(message.substring(state + CLUSTER_STATE.length()))
        : message;
  }

  private static String servers(String state) {
    List<String> unsuitable = new ArrayList<>();
    String unresponsive = "";
    Matcher server = SERVER.matcher(state);
    while (server.find()) {
      String address = server.group(1);
      String cause = cause(server.group());
      if (!cause.isEmpty()) {
        return address + ": " + cause;
      }
      if (server.group(2).equals("UNKNOWN")) {
        unresponsive = address;
      } else {
        unsuitable.add(address + " is " + server.group(2));
      }
    }
    if (!unresponsive.isEmpty()) {
      return unresponsive + " does not respond, or is not a member of the requested replica set";
    }
    return unsuitable.isEmpty()
        ? "no host is a member of the requested replica set"
        : "no suitable server: " + String.join(", ", unsuitable);
  }

  private static String cause(String server) {
    String last = "";
    Matcher exception = EXCEPTION.matcher(server);
    while (exception.find()) {
      last =
          exception.group(1).startsWith(UNKNOWN_HOST)
              ? "unknown host"
              : JAVA_TYPE.matcher(exception.group(1)).replaceFirst("");
    }
    return last;
  }
}
