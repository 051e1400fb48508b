package dev.perennial.checkpoint.redis.internal;

import dev.perennial.port.CheckpointException;
import dev.perennial.port.support.LogText;
import java.util.List;

/**
 * The Redis hash of a stream that one claim owns. One thread at a time saves; another can renew at
 * the same time.
 *
 * <p>Each attempt to save has a higher number than the one before. So Redis refuses a save that
 * arrives late, after its caller gave up, if a later one has arrived.
 */
public final class ClaimedHash {

  private static final String FORGOTTEN =
      " The new owner started without this stream's checkpoint, which Redis had lost, and skips the events between"
          + " that checkpoint and its own start. %s; docs/operate.md says how to resume from it.";

  private final SharedConnection connection;
  private final Names names;
  private final Ownership ownership;

  /** The number of the last attempt to save. */
  private long number;

  private volatile LastSave saved;

  /**
   * The names of a hash.
   *
   * @param streamId the stream id
   * @param key the key in Redis
   */
  public record Names(String streamId, String key) {
    @Override
    public String toString() {
      return "\"" + streamId + "\" (key " + key + ")";
    }
  }

  /**
   * The lifetimes of a claim and of a checkpoint, in milliseconds.
   *
   * @param expiry the time after its last renewal at which a claim expires
   * @param timeToLive the lifetime of a checkpoint; zero if it is unlimited
   */
  public record Lifetimes(long expiry, long timeToLive) {}

  /** The constant values of a claim. */
  private record Ownership(String owner, String epoch, Lifetimes lifetimes) {}

  /**
   * The last save that is known to have succeeded.
   *
   * @param line the checkpoint; empty if there is none
   */
  private record LastSave(long number, String line) {}

  private ClaimedHash(
      SharedConnection connection, Names names, Ownership ownership, LastSave saved) {
    this.connection = connection;
    this.names = names;
    this.ownership = ownership;
    this.number = saved.number();
    this.saved = saved;
  }

  /**
   * Tries once to claim a hash.
   *
   * @param seen whether this store has seen a checkpoint of the stream
   */
  public static ClaimResult claim(
      SharedConnection connection, Names names, Lifetimes lifetimes, boolean seen)
      throws CheckpointException {
    String owner = OwnerIds.next();
    List<Object> answer =
        connection.run(
            "Cannot claim checkpoint " + names,
            Script.CLAIM,
            names.key(),
            owner,
            String.valueOf(lifetimes.expiry()),
            String.valueOf(lifetimes.timeToLive()),
            seen ? "1" : "0");
    return switch (text(answer, 0)) {
      case "claimed" ->
          new ClaimResult.Claimed(
              new ClaimedHash(
                  connection,
                  names,
                  new Ownership(owner, text(answer, 1), lifetimes),
                  new LastSave(Long.parseLong(text(answer, 2)), text(answer, 3))));
      case "held" -> new ClaimResult.Held(text(answer, 1), text(answer, 2).equals("1"));
      case "vanished" -> new ClaimResult.Vanished();
      default -> throw corrupt(connection, names, text(answer, 1));
    };
  }

  /**
   * Deletes a hash that is not claimed.
   *
   * @return whether there was a checkpoint or another value
   */
  public static boolean delete(SharedConnection connection, Names names)
      throws CheckpointException {
    List<Object> answer =
        connection.run("Cannot delete checkpoint " + names, Script.DELETE, names.key());
    if (text(answer, 0).equals("held")) {
      throw held("delete", names, text(answer, 1));
    }
    return text(answer, 0).equals("deleted");
  }

  static CheckpointException held(String action, Names names, String owner) {
    return CheckpointException.claimed(
        "Cannot %s checkpoint %s: stream %s holds its claim. Close that stream, or wait until the claim expires if its process has died."
            .formatted(action, names, owner));
  }

  public Names names() {
    return names;
  }

  /** Returns the checkpoint; empty if there is none. */
  public String line() {
    return saved.line();
  }

  /**
   * Saves a checkpoint.
   *
   * @return whether Redis had lost the claim
   */
  boolean save(String line) throws CheckpointException {
    LastSave next = new LastSave(++number, line);
    String what = "Cannot save checkpoint " + names;
    List<Object> answer = connection.run(what, Script.KEEP, names.key(), arguments(next));
    if (text(answer, 0).equals("stale")) {
      number = Long.parseLong(text(answer, 1));
      throw CheckpointException.unavailable(
          what + ": " + connection.address() + " has a later save, number " + number + ".", null);
    }
    boolean forgot = readAnswer(answer, "saved", next);
    saved = next;
    return forgot;
  }

  /** Returns the arguments of a renewal, from which Redis restores a hash that it has lost. */
  String[] renewal() {
    return arguments(saved);
  }

  /**
   * Reads the answer to a renewal.
   *
   * @return whether Redis had lost the claim
   */
  boolean renewed(List<Object> answer) throws CheckpointException {
    return readAnswer(answer, "renewed", saved);
  }

  /**
   * Releases the claim if this stream still owns it.
   *
   * @return whether Redis had lost the claim
   * @throws CheckpointException also if the claim was lost to a stream that started without this
   *     stream's checkpoint
   */
  boolean release() throws CheckpointException {
    List<Object> answer =
        connection.run(
            "Cannot release the claim on checkpoint " + names + ", which expires by itself",
            Script.RELEASE,
            names.key(),
            arguments(saved));
    boolean justLost =
        text(answer, 0).equals("lost") && replacementOf(answer) == Replacement.WITH_CHECKPOINT;
    return !justLost && readAnswer(answer, "released", saved);
  }

  private String[] arguments(LastSave written) {
    return new String[] {
      ownership.owner(),
      ownership.epoch(),
      String.valueOf(ownership.lifetimes().expiry()),
      String.valueOf(ownership.lifetimes().timeToLive()),
      String.valueOf(written.number()),
      written.line(),
      saved.line().isEmpty() ? "0" : "1"
    };
  }

  private boolean readAnswer(List<Object> answer, String done, LastSave sent)
      throws CheckpointException {
    return switch (text(answer, 0)) {
      case "ok" -> text(answer, 1).equals("1");
      // A later save has overtaken this renewal.
      case "stale" -> false;
      case "lost" -> throw overtaken(text(answer, 1), replacementOf(answer), done, sent);
      default -> throw corrupt(connection, names, text(answer, 1));
    };
  }

  /** How the new owner started after this stream lost its claim. */
  private enum Replacement {
    /** With this stream's checkpoint, as far as Redis knows. */
    WITH_CHECKPOINT,
    /** Without it, and Redis keeps it in the field {@code forgotten}. */
    CHECKPOINT_KEPT,
    /** Without it, and Redis accepts no write that would keep it. */
    CHECKPOINT_NOT_KEPT
  }

  private static Replacement replacementOf(List<Object> lost) {
    return switch (text(lost, 2)) {
      case "kept" -> Replacement.CHECKPOINT_KEPT;
      case "unkept" -> Replacement.CHECKPOINT_NOT_KEPT;
      default -> Replacement.WITH_CHECKPOINT;
    };
  }

  private CheckpointException overtaken(
      String by, Replacement replacement, String done, LastSave sent) {
    String owner =
        by.isEmpty()
            ? "another stream owned it meanwhile"
                + (replacement == Replacement.WITH_CHECKPOINT
                    ? ", or the checkpoint was deleted or replaced"
                    : "")
            : "stream " + by + " owns it";
    String forgotten =
        switch (replacement) {
          case WITH_CHECKPOINT -> "";
          case CHECKPOINT_KEPT ->
              FORGOTTEN.formatted("The checkpoint is now in the field \"forgotten\"");
          case CHECKPOINT_NOT_KEPT ->
              FORGOTTEN.formatted(
                  "Redis accepts no writes now, so only this message has the checkpoint: "
                      + LogText.line(sent.line()));
        };
    return CheckpointException.claimLost(
        "Lost the claim on checkpoint %s: %s. Nothing was %s.%s"
            .formatted(names, owner, done, forgotten),
        null);
  }

  static CheckpointException corrupt(SharedConnection connection, Names names, String why) {
    return CheckpointException.corrupt(
        "Cannot read checkpoint %s in %s: %s. Correct it, or delete it to start without a checkpoint."
            .formatted(names, connection.address(), why),
        null);
  }

  private static String text(List<Object> answer, int index) {
    return String.valueOf(answer.get(index));
  }

  @Override
  public String toString() {
    return names.toString();
  }
}
