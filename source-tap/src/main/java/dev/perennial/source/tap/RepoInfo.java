package dev.perennial.source.tap;

/**
 * Tap's information about a repo, as {@link TapAdmin#info(String)} returns it. A string is empty if
 * Tap has no value for it. Immutable.
 */
public final class RepoInfo {

  private final String did;
  private final String handle;
  private final RepoState state;
  private final String rev;
  private final String error;
  private final int retries;
  private final long records;

  RepoInfo(AdminAnswer answer) throws TapAdminException {
    this.did = answer.text("did");
    this.handle = answer.text("handle");
    this.state = RepoState.of(answer.text("state"));
    this.rev = answer.text("rev");
    this.error = answer.text("error");
    this.retries = (int) Math.min(Integer.MAX_VALUE, answer.number("retries"));
    this.records = answer.number("records");
  }

  /** Returns the DID of the repo. */
  public String did() {
    return did;
  }

  /** Returns the account's handle. */
  public String handle() {
    return handle;
  }

  /** Returns the state of the repo in Tap. */
  public RepoState state() {
    return state;
  }

  /** Returns the revision that Tap has. */
  public String rev() {
    return rev;
  }

  /** Returns why Tap could not fetch the repo. */
  public String error() {
    return error;
  }

  /** Returns how often Tap has failed to fetch the repo. */
  public int retries() {
    return retries;
  }

  /** Returns how many records the repo has. */
  public long records() {
    return records;
  }
}
