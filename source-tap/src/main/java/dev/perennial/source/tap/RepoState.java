package dev.perennial.source.tap;

import dev.perennial.port.support.LogText;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The state of a repo in Tap. A state that this version does not know is returned as it came.
 *
 * @param value Tap's name for the state
 */
public record RepoState(String value) {

  /** The repo was added and is not fetched yet. */
  public static final RepoState PENDING = new RepoState("pending");

  /** The repo is out of step with its host and waits for a resync. */
  public static final RepoState DESYNCHRONIZED = new RepoState("desynchronized");

  /** Tap fetches the repo. */
  public static final RepoState RESYNCING = new RepoState("resyncing");

  /** The repo is in step with its host. */
  public static final RepoState ACTIVE = new RepoState("active");

  public static final RepoState TAKENDOWN = new RepoState("takendown");
  public static final RepoState SUSPENDED = new RepoState("suspended");
  public static final RepoState DEACTIVATED = new RepoState("deactivated");

  /** The repo could not be fetched; Tap tries again later. */
  public static final RepoState ERROR = new RepoState("error");

  private static final Map<String, RepoState> KNOWN =
      Stream.of(
              PENDING, DESYNCHRONIZED, RESYNCING, ACTIVE, TAKENDOWN, SUSPENDED, DEACTIVATED, ERROR)
          .collect(Collectors.toUnmodifiableMap(RepoState::value, Function.identity()));

  /** Returns the state with a name; one of the constants if there is one. */
  public static RepoState of(String value) {
    RepoState known = KNOWN.get(value);
    return known == null ? new RepoState(value) : known;
  }

  /** Returns whether this is one of the constants. */
  public boolean isKnown() {
    return KNOWN.containsKey(value);
  }

  @Override
  public String toString() {
    return LogText.brief(value);
  }
}
