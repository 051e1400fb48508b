package dev.perennial.source.tap;

import java.util.Optional;
import java.util.OptionalLong;

/** The cursors of Tap in what it reads, as {@link TapAdmin#cursors()} returns them. Immutable. */
public final class TapCursors {

  private final OptionalLong firehose;
  private final Optional<String> listRepos;

  /** Tap leaves out a cursor that it does not have, or sends 0 or an empty string for it. */
  TapCursors(AdminAnswer answer) throws TapAdminException {
    long number = answer.has("firehose") ? answer.number("firehose") : 0;
    String text = answer.has("list_repos") ? answer.text("list_repos") : "";
    this.firehose = number == 0 ? OptionalLong.empty() : OptionalLong.of(number);
    this.listRepos = text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  /** Returns the sequence number in the relay's firehose; empty if Tap has not read from it. */
  public OptionalLong firehose() {
    return firehose;
  }

  /** Returns the cursor in the list of all repos; empty if Tap has not begun to read the list. */
  public Optional<String> listRepos() {
    return listRepos;
  }
}
