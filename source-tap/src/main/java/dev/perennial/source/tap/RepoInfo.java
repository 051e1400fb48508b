package dev.perennial.source.tap;

/**
 * Tap's information about a repo. A string is empty if Tap has no value for it.
 *
 * @param did the DID of the repo
 * @param handle the account's handle
 * @param state the state of the repo in Tap
 * @param rev the revision that Tap has
 * @param error why the repo could not be fetched
 * @param retries how often fetching it has failed
 * @param records how many records it has
 */
public record RepoInfo(
    String did,
    String handle,
    RepoState state,
    String rev,
    String error,
    int retries,
    long records) {}
