package dev.perennial.checkpoint.redis.internal;

import dev.perennial.port.CheckpointException;
import dev.perennial.port.support.LogText;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An explainer of errors of Redis and of the network: what failed, why, and what to do.
 *
 * @param address the address of Redis, without credentials
 * @param timeout the command timeout
 */
record RedisErrors(String address, Duration timeout) {

  /** The error code: at the beginning, or, for errors in scripts up to Redis 6, after a dash. */
  private static final Pattern CODE = Pattern.compile("(?:^|: -|^-)([A-Z]{2,})\\b");

  /** The words after which old servers repeat an unknown command, including a password. */
  private static final String ECHO = "with args beginning with";

  private static final int MAX_DEPTH = 20;

  /** How much of the server's answer a message repeats, in characters. */
  private static final int MAX_WORDS = 200;

  static boolean isUnknownScript(@Nullable Throwable error) {
    return code(error).equals("NOSCRIPT");
  }

  /**
   * Returns whether a new connection can help: it may reach a server that answers, or the new
   * primary.
   */
  static boolean breaksConnection(@Nullable Throwable error) {
    return !(error instanceof RedisCommandExecutionException)
        || code(error).equals("READONLY")
        || code(error).equals("CLUSTERDOWN");
  }

  /** Returns whether another attempt may show the reason. */
  static boolean hidesReason(Throwable error) {
    return serverText(error) == null && root(error).contains("closed prematurely");
  }

  /**
   * Makes the exception to throw.
   *
   * @param what the beginning of its message, such as "Cannot save checkpoint x"
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
      return "%s did not answer within %s. Check that it runs and that the network passes its traffic."
          .formatted(address, LogText.duration(timeout));
    }
    return "%s cannot be reached (%s). Check that it runs, and check address, port and TLS."
        .formatted(address, root(error));
  }

  private String ofServer(String text) {
    String code = code(text);
    return switch (code) {
      case "READONLY" ->
          "%s is a read-only replica. Connect to the primary, through Sentinel or Cluster if it can move."
              .formatted(address);
      case "LOADING" ->
          "%s is still loading its data. Wait until it has started.".formatted(address);
      case "OOM" ->
          "%s has reached its maxmemory and accepts no writes. Raise maxmemory, or delete data."
              .formatted(address);
      case "BUSY" ->
          "%s is blocked by a running script (BUSY). Stop it with SCRIPT KILL, or wait for its end."
              .formatted(address);
      case "MISCONF" ->
          "%s cannot write to its disk and accepts no writes (MISCONF). See its log for the reason."
              .formatted(address);
      case "NOREPLICAS" ->
          "%s has fewer replicas than its min-replicas-to-write and accepts no writes. Start the replicas."
              .formatted(address);
      case "MASTERDOWN" ->
          "%s is a replica that has lost its primary. Start the primary, or connect to it."
              .formatted(address);
      case "NOAUTH" -> "%s requires a password. Add it to the address.".formatted(address);
      case "WRONGPASS" ->
          "%s refuses the user name or the password. Correct them in the address."
              .formatted(address);
      case "NOPERM" ->
          "%s denies this user a command (%s). Grant the permissions that docs/operate.md lists."
              .formatted(address, serverWords(text));
      case "MOVED", "ASK" ->
          "%s is a node of a Redis Cluster, and another node has this key (%s). Build the store with RedisCheckpointStore.builder(RedisClusterClient)."
              .formatted(address, code);
      case "CLUSTERDOWN" ->
          "%s has claims that no node serves (%s). Start the missing nodes."
              .formatted(address, serverWords(text));
      case "TRYAGAIN" ->
          "%s is moving the key to another node. Wait until the move has ended.".formatted(address);
      case "WRONGTYPE" ->
          "the value of this key in %s is not a hash. Delete it to start without a checkpoint, or choose another prefix."
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
      return "%s does not know a command (%s). Use Redis 5 or newer, and allow EVAL and EVALSHA."
          .formatted(address, serverWords(echo < 0 ? text : text.substring(0, echo)));
    }
    return "%s answered \"%s\".".formatted(address, serverWords(text));
  }

  /** Returns whether a command or the handshake timed out; the handshake's timeout is a cause. */
  private static boolean isTimeout(@Nullable Throwable error) {
    return chain(error).stream()
        .anyMatch(
            one -> one instanceof TimeoutException || one instanceof RedisCommandTimeoutException);
  }

  /** Returns the server's answer from anywhere in the chain; null if the server did not answer. */
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
      return "no reason is known";
    }
    Throwable root = chain.get(chain.size() - 1);
    String message = root.getMessage();
    if (message == null || message.isBlank()) {
      return root.getClass().getSimpleName();
    }
    String words = serverWords(message);
    return root instanceof UnknownHostException ? "unknown host " + words : words;
  }

  /** Returns an error and its causes, at most {@link #MAX_DEPTH} of them. */
  private static List<Throwable> chain(@Nullable Throwable error) {
    List<Throwable> chain = new ArrayList<>();
    for (Throwable one = error; one != null && chain.size() < MAX_DEPTH; one = one.getCause()) {
      chain.add(one);
    }
    return chain;
  }

  /**
   * Returns the server's words on one line, at most 200 characters, without the end of a sentence.
   */
  private static String serverWords(String text) {
    return LogText.brief(text.strip(), MAX_WORDS).replaceAll("[., ]+$", "");
  }
}
