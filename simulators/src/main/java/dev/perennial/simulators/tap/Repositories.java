package dev.perennial.simulators.tap;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The repositories that the server tracks, and what else its database holds besides the outbox. */
final class Repositories {

  private final Map<String, RepoInfo> byDid = new HashMap<>();
  private final Map<String, String> didDocuments = new HashMap<>();
  private long resyncBuffer;
  private @Nullable Long firehoseCursor;
  private @Nullable String listReposCursor;

  /** Adds a repository, or does nothing if it is there. */
  void add(String did) {
    byDid.putIfAbsent(did, RepoInfo.pending(did));
  }

  void put(RepoInfo repository) {
    byDid.put(repository.did(), repository);
  }

  void remove(String did) {
    byDid.remove(did);
  }

  @Nullable RepoInfo get(String did) {
    return byDid.get(did);
  }

  /** Keeps a repository's figures up with an event of it, if it is tracked. */
  void note(TapEventSpec event) {
    RepoInfo repository = byDid.get(event.did());
    if (repository == null) {
      return;
    }
    if (event instanceof TapEventSpec.RecordChange entry) {
      int change = entry.action().equals("create") ? 1 : entry.action().equals("delete") ? -1 : 0;
      put(repository.active(entry.rev(), Math.max(0, repository.records() + change)));
    } else if (event instanceof TapEventSpec.IdentityChange identity) {
      put(repository.withHandle(identity.handle()));
    }
  }

  int count() {
    return byDid.size();
  }

  long recordCount() {
    return byDid.values().stream().mapToLong(RepoInfo::records).sum();
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
}
