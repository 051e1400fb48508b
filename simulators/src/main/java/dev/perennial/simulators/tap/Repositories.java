package dev.perennial.simulators.tap;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The repositories that the server tracks, and the rest of its database except the outbox. */
final class Repositories {

  private final Map<String, Repository> byDid = new HashMap<>();
  private final Map<String, String> didDocuments = new HashMap<>();
  private long resyncBuffer;
  private @Nullable Long firehoseCursor;
  private @Nullable String listReposCursor;

  /** Adds a repository, or does nothing if it is there. */
  void add(String did) {
    byDid.computeIfAbsent(did, key -> new Repository(RepoInfo.pending(key)));
  }

  void put(RepoInfo repository) {
    byDid.put(repository.did(), new Repository(repository));
  }

  void remove(String did) {
    byDid.remove(did);
  }

  @Nullable RepoInfo get(String did) {
    Repository repository = byDid.get(did);
    return repository == null ? null : repository.info();
  }

  /** Updates a repository's figures with one of its events, if it is tracked. */
  void note(TapEventSpec event) {
    Repository repository = byDid.get(event.did());
    if (repository != null) {
      repository.note(event);
    }
  }

  int count() {
    return byDid.size();
  }

  long recordCount() {
    return byDid.values().stream().mapToLong(repository -> repository.records).sum();
  }

  void putDidDocument(String did, String json) {
    didDocuments.put(did, json);
  }

  @Nullable String didDocument(String did) {
    return didDocuments.get(did);
  }

  void setResyncBuffer(long size) {
    resyncBuffer = size;
  }

  long resyncBuffer() {
    return resyncBuffer;
  }

  void setCursors(@Nullable Long firehose, @Nullable String listRepos) {
    firehoseCursor = firehose;
    listReposCursor = listRepos;
  }

  @Nullable Long firehoseCursor() {
    return firehoseCursor;
  }

  @Nullable String listReposCursor() {
    return listReposCursor;
  }

  /** A repository, with what changes with each event. */
  private static final class Repository {

    private final RepoInfo base;
    private String handle;
    private String state;
    private String rev;
    private long records;

    Repository(RepoInfo base) {
      this.base = base;
      this.handle = base.handle();
      this.state = base.state();
      this.rev = base.rev();
      this.records = base.records();
    }

    void note(TapEventSpec event) {
      if (event instanceof TapEventSpec.RecordChange change) {
        state = "active";
        rev = change.rev();
        records += change.action().equals("create") ? 1 : change.action().equals("delete") ? -1 : 0;
        records = Math.max(0, records);
      } else if (event instanceof TapEventSpec.IdentityChange identity) {
        handle = identity.handle();
      }
    }

    RepoInfo info() {
      return new RepoInfo(base.did(), handle, state, rev, base.error(), base.retries(), records);
    }
  }
}
