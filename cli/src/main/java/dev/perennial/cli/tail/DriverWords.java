package dev.perennial.cli.tail;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the errors of MongoDB's driver say, in few words. */
final class DriverWords {

  /**
   * Why no server was found is known from the exception's message alone, behind this, as {@code
   * servers=[{address=…, type=…, exception={…}, caused by {…}}, …]}.
   */
  private static final String VIEW = ". Client view of cluster state is ";

  private static final Pattern SERVER =
      Pattern.compile("\\{address=([^,]+), type=(\\w+),.*?(?=, \\{address=|$)");

  /** The last of these is what everything else comes from. */
  private static final Pattern EXCEPTION = Pattern.compile("(?:exception=|caused by )\\{([^}]*)}");

  /** Whose message is the name of the host, and nothing more. */
  private static final String UNKNOWN_HOST = "java.net.UnknownHostException: ";

  private static final Pattern JAVA_TYPE = Pattern.compile("^[\\w.$]+(?:Exception|Error): ");

  private DriverWords() {}

  /** Of a command that failed what the server said, of a search for a server what is in the way. */
  static String of(Throwable error) {
    if (error instanceof MongoCommandException command) {
      return command.getErrorMessage() + " (" + command.getErrorCode() + ')';
    }
    String message = String.valueOf(error.getMessage());
    int view = message.indexOf(VIEW);
    return error instanceof MongoTimeoutException && view >= 0
        ? servers(message.substring(view + VIEW.length()))
        : message;
  }

  private static String servers(String view) {
    List<String> unfit = new ArrayList<>();
    String silent = "";
    Matcher server = SERVER.matcher(view);
    while (server.find()) {
      String address = server.group(1);
      String cause = cause(server.group());
      if (!cause.isEmpty()) {
        return address + ": " + cause;
      }
      if (server.group(2).equals("UNKNOWN")) {
        silent = address;
      } else {
        unfit.add(address + " is " + server.group(2));
      }
    }
    if (!silent.isEmpty()) {
      return silent + " does not answer, or not as a member of the replica set that is looked for";
    }
    return unfit.isEmpty()
        ? "none of the hosts is a member of the replica set that is looked for"
        : "no server is of the kind that is looked for: " + String.join(", ", unfit);
  }

  private static String cause(String server) {
    String last = "";
    Matcher exception = EXCEPTION.matcher(server);
    while (exception.find()) {
      last =
          exception.group(1).startsWith(UNKNOWN_HOST)
              ? "there is no host of this name"
              : JAVA_TYPE.matcher(exception.group(1)).replaceFirst("");
    }
    return last;
  }
}
