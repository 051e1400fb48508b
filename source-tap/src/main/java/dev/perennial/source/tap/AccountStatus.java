package dev.perennial.source.tap;

import dev.perennial.port.support.LogText;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The status of an account according to its host. A status that this version does not know is
 * delivered as it came.
 *
 * @param value Tap's name for the status
 */
public record AccountStatus(String value) {

  public static final AccountStatus ACTIVE = new AccountStatus("active");
  public static final AccountStatus TAKENDOWN = new AccountStatus("takendown");
  public static final AccountStatus SUSPENDED = new AccountStatus("suspended");
  public static final AccountStatus DEACTIVATED = new AccountStatus("deactivated");
  public static final AccountStatus DELETED = new AccountStatus("deleted");

  private static final Map<String, AccountStatus> KNOWN =
      Stream.of(ACTIVE, TAKENDOWN, SUSPENDED, DEACTIVATED, DELETED)
          .collect(Collectors.toUnmodifiableMap(AccountStatus::value, Function.identity()));

  /** Returns the status with a name; one of the constants if there is one. */
  public static AccountStatus of(String value) {
    AccountStatus known = KNOWN.get(value);
    return known == null ? new AccountStatus(value) : known;
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
