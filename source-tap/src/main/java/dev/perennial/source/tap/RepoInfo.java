package dev.perennial.source.tap;

/**
 * What Tap knows of a repo. Texts are empty where Tap has nothing to say.
 *
 * @param did whose repo it is
 * @param handle the account's handle
 * @param state how far Tap is with it
 * @param rev the revision that Tap has
 * @param error why it could not be fetched
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
