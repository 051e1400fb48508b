package dev.perennial.source.tap;

import dev.perennial.port.LogText;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How far Tap is with a repo. Open: a state that this version does not know is given as it came.
 *
 * @param value the word that Tap uses
 */
public record RepoState(String value) {

  /** Added, and not looked at yet. */
  public static final RepoState PENDING = new RepoState("pending");

  /** Known to be out of step with its host; waits for a resync. */
  public static final RepoState DESYNCHRONIZED = new RepoState("desynchronized");

  /** Being fetched. */
  public static final RepoState RESYNCING = new RepoState("resyncing");

  /** In step. */
  public static final RepoState ACTIVE = new RepoState("active");

  public static final RepoState TAKENDOWN = new RepoState("takendown");
  public static final RepoState SUSPENDED = new RepoState("suspended");
  public static final RepoState DEACTIVATED = new RepoState("deactivated");

  /** Could not be fetched; tried again later. */
  public static final RepoState ERROR = new RepoState("error");

  private static final Map<String, RepoState> KNOWN =
      Stream.of(
              PENDING, DESYNCHRONIZED, RESYNCING, ACTIVE, TAKENDOWN, SUSPENDED, DEACTIVATED, ERROR)
          .collect(Collectors.toUnmodifiableMap(RepoState::value, Function.identity()));

  /** The state of that name; one of the constants if there is one. */
  public static RepoState of(String value) {
    RepoState known = KNOWN.get(value);
    return known == null ? new RepoState(value) : known;
  }

  /** Whether it is one of the constants. */
  public boolean isKnown() {
    return KNOWN.containsKey(value);
  }

  @Override
  public String toString() {
    return LogText.brief(value);
  }
}
