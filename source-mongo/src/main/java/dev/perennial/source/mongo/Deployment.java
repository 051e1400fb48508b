package dev.perennial.source.mongo;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What tells a replica set or sharded cluster from others, as far as it is known. Elections, added
 * members and upgrades change none of it. Two are compared only by what both know.
 *
 * @param id what the set or the cluster got when it was made, with what kind of id it is; null if
 *     the user may not read it
 * @param set the replica set's name; null for a sharded cluster
 * @param collections the UUIDs of some of the watched collections; a collection that is dropped and
 *     created again gets another one
 */
record Deployment(@Nullable String id, @Nullable String set, Set<UUID> collections) {

  static final Deployment UNKNOWN = new Deployment(null, null, Set.of());

  /** What a replica set's id begins with, and a sharded cluster's. */
  static final String REPLICA_SET = "replicaSet-";

  static final String SHARDED = "sharded-";

  /** Enough that one of them is still there when others have been dropped. */
  private static final int MOST_COLLECTIONS = 8;

  private static final String ID = "id=";
  private static final String SET = "set=";
  private static final String COLLECTION = "collection=";

  /** Copies the collections. */
  Deployment {
    collections = Collections.unmodifiableSet(new LinkedHashSet<>(collections));
  }

  boolean isUnknown() {
    return equals(UNKNOWN);
  }

  /** The same in one word, such as {@code id=replicaSet-65f0…&set=rs0}. */
  String text() {
    StringJoiner text = new StringJoiner("&");
    if (id != null) {
      text.add(ID + URLEncoder.encode(id, StandardCharsets.UTF_8));
    }
    if (set != null) {
      text.add(SET + URLEncoder.encode(set, StandardCharsets.UTF_8));
    }
    collections.forEach(uuid -> text.add(COLLECTION + uuid));
    return text.toString();
  }

  /**
   * Reads what {@link #text} wrote; leaves out what it does not know.
   *
   * @throws IllegalArgumentException if it cannot be read
   */
  static Deployment parse(String text) {
    String id = null;
    String set = null;
    Set<UUID> collections = new LinkedHashSet<>();
    for (String part : text.split("&", -1)) {
      String value =
          URLDecoder.decode(part.substring(part.indexOf('=') + 1), StandardCharsets.UTF_8);
      if (part.startsWith(ID)) {
        id = value;
      } else if (part.startsWith(SET)) {
        set = value;
      } else if (part.startsWith(COLLECTION)) {
        collections.add(UUID.fromString(value));
      }
    }
    return new Deployment(id, set, collections);
  }

  /** Whether both know their id, of the same kind; then nothing else counts. */
  boolean hasComparableId(Deployment other) {
    return id != null && other.id != null && kind(id).equals(kind(other.id));
  }

  private static String kind(String id) {
    return id.substring(0, id.indexOf('-') + 1);
  }

  /** In what the other certainly is another deployment, in words; empty if in nothing. */
  Optional<String> difference(Deployment other) {
    if (hasComparableId(other)) {
      return Objects.equals(id, other.id)
          ? Optional.empty()
          : Optional.of("its id is " + other.id + ", not " + id);
    }
    return set == null || other.set == null || set.equals(other.set)
        ? Optional.empty()
        : Optional.of("its replica set is named \"" + other.set + "\", not \"" + set + '"');
  }

  /**
   * Whether the watched collections that are known of both are others: of another deployment, or
   * created again.
   */
  boolean hasOtherCollections(Deployment other) {
    return !hasComparableId(other)
        && !collections.isEmpty()
        && !other.collections.isEmpty()
        && Collections.disjoint(collections, other.collections);
  }

  /** What is known after a look at the same deployment; what could not be seen stays. */
  Deployment with(Deployment seen) {
    return new Deployment(
        seen.id == null ? id : seen.id,
        seen.set == null ? set : seen.set,
        seen.collections.isEmpty() ? collections : seen.collections);
  }

  Deployment withoutCollections() {
    return new Deployment(id, set, Set.of());
  }

  /**
   * The same with a few of the collections.
   *
   * @param preferred taken first, as far as they are among them
   */
  Deployment withFewOf(Collection<UUID> preferred) {
    Set<UUID> few = new LinkedHashSet<>(preferred);
    few.retainAll(collections);
    few.addAll(collections);
    return new Deployment(
        id,
        set,
        few.stream().limit(MOST_COLLECTIONS).collect(Collectors.toCollection(LinkedHashSet::new)));
  }
}
