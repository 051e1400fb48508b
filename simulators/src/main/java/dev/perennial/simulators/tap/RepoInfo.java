package dev.perennial.simulators.tap;

/**
 * A repository as {@code /info/:did} shows it.
 *
 * @param state {@code pending}, {@code desynchronized}, {@code resyncing}, {@code active}, {@code
 *     takendown}, {@code suspended}, {@code deactivated} or {@code error}
 * @param error why, in the state {@code error}; otherwise empty
 * @param retries how many times the server tried to sync it again
 * @param records how many records it has
 */
public record RepoInfo(
    String did, String handle, String state, String rev, String error, int retries, long records) {

  /** A repository as {@code /repos/add} leaves it. */
  public static RepoInfo pending(String did) {
    return new RepoInfo(did, "", "pending", "", "", 0, 0);
  }
}
