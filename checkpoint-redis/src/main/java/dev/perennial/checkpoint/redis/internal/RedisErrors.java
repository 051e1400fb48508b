package dev.perennial.checkpoint.redis.internal;

import dev.perennial.port.CheckpointException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Says in plain words what Redis or the way to it objects to, and what to do about it.
 *
 * @param address where Redis is, without any credentials
 * @param timeout how long a call may take
 */
record RedisErrors(String address, Duration timeout) {

  /** At the beginning, or, of what a script ran into, up to version 6, behind a dash. */
  private static final Pattern CODE = Pattern.compile("(?:^|: -|^-)([A-Z]{2,})\\b");

  /** How old servers repeat a command that they do not know, password and all. */
  private static final String ECHO = "with args beginning with";

  private static final int MAX_DEPTH = 20;

  static boolean isUnknownScript(@Nullable Throwable error) {
    return code(error).equals("NOSCRIPT");
  }

  /**
   * Whether another connection may do better: to a server that answers, or that has become the
   * primary.
   */
  static boolean breaksConnection(@Nullable Throwable error) {
    return !(error instanceof RedisCommandExecutionException)
        || code(error).equals("READONLY")
        || code(error).equals("CLUSTERDOWN");
  }

  /** Whether another try may tell more. */
  static boolean hidesReason(Throwable error) {
    return serverText(error) == null && root(error).contains("closed prematurely");
  }

  /**
   * The error to throw.
   *
   * @param what what was not done, as a sentence without its end
   */
  CheckpointException explain(String what, @Nullable Throwable error) {
    String message = what + ": " + reason(error);
    Throwable cause = echoes(error) ? null : error;
    return code(error).equals("WRONGTYPE")
        ? CheckpointException.corrupt(message, cause)
        : CheckpointException.unavailable(message, cause);
  }

  private String reason(@Nullable Throwable error) {
    String text = serverText(error);
    if (text != null) {
      return ofServer(text);
    }
    if (isTimeout(error)) {
      return "%s did not answer within %s. See whether it runs, and whether the network lets through."
          .formatted(address, inWords(timeout));
    }
    return "%s cannot be reached (%s). See whether it runs, and whether its address, port and TLS are right."
        .formatted(address, root(error));
  }

  private String ofServer(String text) {
    String code = code(text);
    return switch (code) {
      case "READONLY" ->
          "%s is a read-only replica. Connect to the primary, by way of Sentinel or Cluster if it moves."
              .formatted(address);
      case "LOADING" -> "%s has just started and is still loading its data.".formatted(address);
      case "OOM" ->
          "%s has reached its maxmemory and takes no more writes. Give it more, or delete something."
              .formatted(address);
      case "BUSY" -> "%s is held up by somebody's script (BUSY).".formatted(address);
      case "MISCONF" ->
          "%s cannot write to its disk and therefore takes no writes (MISCONF). Its log says why."
              .formatted(address);
      case "NOREPLICAS" ->
          "%s has fewer replicas at hand than its min-replicas-to-write asks for, and takes no writes."
              .formatted(address);
      case "MASTERDOWN" -> "%s is a replica that has lost its primary.".formatted(address);
      case "NOAUTH" ->
          "%s asks for a password, and none was given. Put it into the address.".formatted(address);
      case "WRONGPASS" ->
          "%s refuses the user name or the password. Correct them in the address."
              .formatted(address);
      case "NOPERM" ->
          "%s does not let this user do what it takes (%s). docs/operate.md lists what it takes."
              .formatted(address, text);
      case "MOVED", "ASK" ->
          "%s is a node of a Redis Cluster, and not the one that has this key (%s). Give the store a RedisClusterClient."
              .formatted(address, code);
      case "CLUSTERDOWN" -> "%s has slots that no node serves (%s).".formatted(address, text);
      case "TRYAGAIN" -> "%s is moving the key to another node.".formatted(address);
      case "WRONGTYPE" ->
          "what %s has under this key is no hash. Delete it to begin without a checkpoint, or choose another prefix."
              .formatted(address);
      default -> ofServerInItsWords(text);
    };
  }

  private String ofServerInItsWords(String text) {
    String words = text.toLowerCase(Locale.ROOT);
    if (words.contains("invalid password") || words.contains("invalid username-password")) {
      return "%s refuses the user name or the password. Correct them in the address."
          .formatted(address);
    }
    if (words.contains("unknown command")) {
      int echo = text.indexOf(ECHO);
      return "%s does not know a command (%s). It takes Redis 5 or newer, with EVAL and EVALSHA allowed."
          .formatted(address, (echo < 0 ? text : text.substring(0, echo)).replaceAll("[, ]+$", ""));
    }
    return "%s answered: %s".formatted(address, text);
  }

  /** Of a command, or of the handshake, which is a cause then. */
  private static boolean isTimeout(@Nullable Throwable error) {
    return chain(error).stream()
        .anyMatch(
            one -> one instanceof TimeoutException || one instanceof RedisCommandTimeoutException);
  }

  /** What the server said, wherever in the chain; null if it was not the server. */
  private static @Nullable String serverText(@Nullable Throwable error) {
    for (Throwable one : chain(error)) {
      String message = one.getMessage();
      if (one instanceof RedisCommandExecutionException && message != null) {
        return message;
      }
    }
    return null;
  }

  private static String code(@Nullable Throwable error) {
    String text = serverText(error);
    return text == null ? "" : code(text);
  }

  private static String code(String text) {
    Matcher code = CODE.matcher(text);
    String last = "";
    while (code.find()) {
      last = code.group(1);
    }
    return last;
  }

  private static boolean echoes(@Nullable Throwable error) {
    return chain(error).stream().anyMatch(one -> String.valueOf(one.getMessage()).contains(ECHO));
  }

  private static String root(@Nullable Throwable error) {
    List<Throwable> chain = chain(error);
    if (chain.isEmpty()) {
      return "for no known reason";
    }
    Throwable root = chain.get(chain.size() - 1);
    String message = root.getMessage();
    boolean plain =
        root instanceof IllegalStateException || root instanceof RedisConnectionException;
    return plain && message != null ? message : root.toString();
  }

  /** An error and its causes; not all of them if they go on and on. */
  private static List<Throwable> chain(@Nullable Throwable error) {
    List<Throwable> chain = new ArrayList<>();
    for (Throwable one = error; one != null && chain.size() < MAX_DEPTH; one = one.getCause()) {
      chain.add(one);
    }
    return chain;
  }

  private static String inWords(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }
}
