package dev.perennial.checkpoint.redis.internal;

import dev.perennial.port.CheckpointException;
import dev.perennial.port.LogText;
import java.util.List;

/**
 * What one claim does with its hash in Redis. Saves by one thread at a time; renewals may come from
 * another meanwhile.
 *
 * <p>Each save has a number higher than the last, whatever became of that one: a save that is
 * carried out late, after its caller has given it up, is refused once a later one was there.
 */
public final class ClaimedHash {

  private static final String FORGOTTEN =
      " That stream began without this one's checkpoint, which Redis no longer had, and passes over the events"
          + " between it and its own beginning. %s; docs/operate.md says how to go on from there.";

  private final SharedConnection link;
  private final Names names;
  private final Claim claim;

  /** Of the last try to save. */
  private long number;

  private volatile Saved saved;

  /**
   * Which hash.
   *
   * @param streamId whose
   * @param key what Redis knows it by
   */
  public record Names(String streamId, String key) {
    @Override
    public String toString() {
      return "stream \"" + streamId + "\" (key " + key + ")";
    }
  }

  /**
   * How long things live, in milliseconds.
   *
   * @param timeToLive of a checkpoint; zero if there is no end to it
   */
  public record Lifetimes(long expiry, long timeToLive) {}

  /** What stays the same for as long as the claim is held. */
  private record Claim(String owner, String epoch, Lifetimes lifetimes) {}

  /**
   * What was saved last, as far as we know.
   *
   * @param line the checkpoint; empty if there is none
   */
  private record Saved(long number, String line) {}

  private ClaimedHash(SharedConnection link, Names names, Claim claim, Saved saved) {
    this.link = link;
    this.names = names;
    this.claim = claim;
    this.number = saved.number();
    this.saved = saved;
  }

  /**
   * Tries once to claim a hash.
   *
   * @param seen whether a checkpoint is known to have been there
   */
  public static ClaimResult claim(
      SharedConnection link, Names names, Lifetimes lifetimes, boolean seen)
      throws CheckpointException {
    String owner = OwnerIds.next();
    List<Object> answer =
        link.run(
            "The checkpoint of " + names + " was not claimed",
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
                  link,
                  names,
                  new Claim(owner, text(answer, 1), lifetimes),
                  new Saved(Long.parseLong(text(answer, 2)), text(answer, 3))));
      case "held" -> new ClaimResult.Held(text(answer, 2).equals("1"));
      case "vanished" -> new ClaimResult.Vanished();
      default -> throw corrupt(link, names, text(answer, 1));
    };
  }

  /**
   * Deletes a hash that nobody has claimed.
   *
   * @return whether there was a checkpoint, or something else
   */
  public static boolean delete(SharedConnection link, Names names) throws CheckpointException {
    List<Object> answer =
        link.run("The checkpoint of " + names + " was not deleted", Script.DELETE, names.key());
    if (text(answer, 0).equals("held")) {
      throw CheckpointException.unavailable(
          "The checkpoint of %s is in use by %s, so it was not deleted. Close its stream first."
              .formatted(names, text(answer, 1)),
          null);
    }
    return text(answer, 0).equals("deleted");
  }

  public Names names() {
    return names;
  }

  /** The checkpoint that is there; empty if there is none. */
  public String line() {
    return saved.line();
  }

  /**
   * Saves.
   *
   * @return whether Redis had forgotten the claim
   */
  boolean save(String line) throws CheckpointException {
    Saved next = new Saved(++number, line);
    String what = "The checkpoint of " + names + " was not saved";
    List<Object> answer = link.run(what, Script.KEEP, names.key(), arguments(next));
    if (text(answer, 0).equals("stale")) {
      number = Long.parseLong(text(answer, 1));
      throw CheckpointException.unavailable(
          what + ": " + link.address() + " has a save of a higher number, " + number + ".", null);
    }
    boolean forgot = understand(answer, "saved", next);
    saved = next;
    return forgot;
  }

  /** What a renewal sends along, by which a hash that is gone is written again. */
  String[] renewal() {
    return arguments(saved);
  }

  /**
   * Understands what a renewal was answered.
   *
   * @return whether Redis had forgotten the claim
   */
  boolean renewed(List<Object> answer) throws CheckpointException {
    return understand(answer, "renewed", saved);
  }

  /**
   * Gives the claim up, if it is still ours.
   *
   * @return whether Redis had forgotten the claim
   * @throws CheckpointException also if it is lost to one that began without our checkpoint
   */
  boolean release() throws CheckpointException {
    List<Object> answer =
        link.run(
            "The claim of " + names + " was not given up, and will run out by itself",
            Script.RELEASE,
            names.key(),
            arguments(saved));
    boolean justLost = text(answer, 0).equals("lost") && fateOf(answer) == Fate.UNTOUCHED;
    return !justLost && understand(answer, "given up", saved);
  }

  private String[] arguments(Saved written) {
    return new String[] {
      claim.owner(),
      claim.epoch(),
      String.valueOf(claim.lifetimes().expiry()),
      String.valueOf(claim.lifetimes().timeToLive()),
      String.valueOf(written.number()),
      written.line(),
      saved.line().isEmpty() ? "0" : "1"
    };
  }

  private boolean understand(List<Object> answer, String done, Saved sent)
      throws CheckpointException {
    return switch (text(answer, 0)) {
      case "ok" -> text(answer, 1).equals("1");
      // A renewal that a save has overtaken.
      case "stale" -> false;
      case "lost" -> throw overtaken(text(answer, 1), fateOf(answer), done, sent);
      default -> throw corrupt(link, names, text(answer, 1));
    };
  }

  /** What became of our checkpoint when the claim was lost. */
  private enum Fate {
    /** Nobody began without it, as far as Redis knows. */
    UNTOUCHED,
    /** The owner began without it, and it is kept beside the owner's. */
    KEPT,
    /** The owner began without it, and Redis takes no write by which to keep it. */
    UNKEPT
  }

  private static Fate fateOf(List<Object> lost) {
    return switch (text(lost, 2)) {
      case "kept" -> Fate.KEPT;
      case "unkept" -> Fate.UNKEPT;
      default -> Fate.UNTOUCHED;
    };
  }

  private CheckpointException overtaken(String by, Fate fate, String done, Saved sent) {
    String who =
        by.isEmpty()
            ? "somebody had it meanwhile"
                + (fate == Fate.UNTOUCHED ? ", or deleted the checkpoint" : "")
            : by + " has it now";
    String forgotten =
        switch (fate) {
          case UNTOUCHED -> "";
          case KEPT -> FORGOTTEN.formatted("The checkpoint is now in the field \"forgotten\"");
          case UNKEPT ->
              FORGOTTEN.formatted(
                  "Redis takes no writes now, so the checkpoint is here alone: "
                      + LogText.line(sent.line()));
        };
    return CheckpointException.claimLost(
        "The claim of %s is lost: %s. Nothing was %s.%s".formatted(names, who, done, forgotten),
        null);
  }

  static CheckpointException corrupt(SharedConnection link, Names names, String why) {
    return CheckpointException.corrupt(
        ("What %s has as the checkpoint of %s is not one: %s. Put it right, or delete it to begin without a"
                + " checkpoint.")
            .formatted(link.address(), names, why),
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
