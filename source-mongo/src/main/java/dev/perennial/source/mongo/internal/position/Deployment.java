package dev.perennial.source.mongo.internal.position;

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
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * The known identity of a replica set or sharded cluster. Elections, added members and upgrades do
 * not change it. Two identities are compared only by what both contain.
 *
 * @param id the id that the set or cluster received when it was created, with a prefix for its
 *     kind. If the user may not read the id, only the prefix for a cluster and null for a set
 * @param set the replica set's name; null for a sharded cluster
 * @param collections the UUIDs of some of the watched collections; a collection that is dropped and
 *     created again gets a new UUID
 * @param seenAt the cluster time up to which the server knew of drops when it listed the
 *     collections; null if it is unknown
 */
public record Deployment(
    @Nullable String id,
    @Nullable String set,
    Set<UUID> collections,
    @Nullable BsonTimestamp seenAt) {

  public static final Deployment UNKNOWN = new Deployment(null, null, Set.of(), null);

  /** The prefix of a replica set's id; the next constant is that of a sharded cluster's. */
  public static final String REPLICA_SET = "replicaSet-";

  public static final String SHARDED = "sharded-";

  /**
   * The most UUIDs that are kept: enough that one probably still exists after others were dropped.
   */
  private static final int MAX_COLLECTIONS = 8;

  private static final String ID = "id=";
  private static final String SET = "set=";
  private static final String COLLECTION = "collection=";
  private static final String SEEN_AT = "at=";

  /** Copies the collections. Without collections, the time is dropped too. */
  public Deployment {
    collections = Collections.unmodifiableSet(new LinkedHashSet<>(collections));
    seenAt = collections.isEmpty() ? null : seenAt;
  }

  boolean isUnknown() {
    return equals(UNKNOWN);
  }

  /** Returns the identity as one word, such as {@code id=replicaSet-65f0…&set=rs0}. */
  String text() {
    StringJoiner text = new StringJoiner("&");
    if (id != null) {
      text.add(ID + URLEncoder.encode(id, StandardCharsets.UTF_8));
    }
    if (set != null) {
      text.add(SET + URLEncoder.encode(set, StandardCharsets.UTF_8));
    }
    collections.forEach(uuid -> text.add(COLLECTION + uuid));
    if (seenAt != null) {
      text.add(SEEN_AT + ClusterTime.text(seenAt));
    }
    return text.toString();
  }

  /**
   * Parses the result of {@link #text}; ignores unknown parts.
   *
   * @throws IllegalArgumentException if it cannot be read
   */
  static Deployment parse(String text) {
    String id = null;
    String set = null;
    Set<UUID> collections = new LinkedHashSet<>();
    BsonTimestamp seenAt = null;
    for (String part : text.split("&", -1)) {
      String value =
          URLDecoder.decode(part.substring(part.indexOf('=') + 1), StandardCharsets.UTF_8);
      if (part.startsWith(ID)) {
        id = value;
      } else if (part.startsWith(SET)) {
        set = value;
      } else if (part.startsWith(COLLECTION)) {
        collections.add(UUID.fromString(value));
      } else if (part.startsWith(SEEN_AT)) {
        seenAt = ClusterTime.parse(value);
      }
    }
    return new Deployment(id, set, collections, seenAt);
  }

  /** Returns whether both have an id of the same kind; the comparison then uses nothing else. */
  public boolean hasComparableId(Deployment other) {
    return isWhole(id) && isWhole(other.id) && Objects.equals(kind(), other.kind());
  }

  private static boolean isWhole(@Nullable String id) {
    return id != null && !id.endsWith("-");
  }

  /** Returns the prefix for the kind of deployment; null if it is unknown. */
  private @Nullable String kind() {
    if (id != null) {
      return id.substring(0, id.indexOf('-') + 1);
    }
    return set == null ? null : REPLICA_SET;
  }

  /**
   * Returns, in words, what shows that the other is a different deployment; empty if nothing does.
   */
  public Optional<String> difference(Deployment other) {
    if (hasComparableId(other)) {
      return Objects.equals(id, other.id)
          ? Optional.empty()
          : Optional.of("its id is " + other.id + ", not " + id);
    }
    if (isOfOtherKind(other)) {
      // A replica set that became a shard keeps its collections.
      return Collections.disjoint(collections, other.collections)
          ? Optional.of(
              SHARDED.equals(other.kind())
                  ? "it is a sharded cluster, not a replica set"
                  : "it is a replica set, not a sharded cluster")
          : Optional.empty();
    }
    return set == null || other.set == null || set.equals(other.set)
        ? Optional.empty()
        : Optional.of("its replica set is named \"" + other.set + "\", not \"" + set + '"');
  }

  private boolean isOfOtherKind(Deployment other) {
    String own = kind();
    String others = other.kind();
    return own != null && others != null && !own.equals(others);
  }

  /**
   * Returns whether none of the known collections is the same: the deployment is another one, or
   * all of them were created again.
   */
  public boolean hasOtherCollections(Deployment other) {
    return !hasComparableId(other)
        && !collections.isEmpty()
        && !other.collections.isEmpty()
        && Collections.disjoint(collections, other.collections);
  }

  /**
   * Returns this identity updated from the same deployment; keeps what the update does not contain.
   */
  public Deployment with(Deployment seen) {
    boolean keepsId = seen.id == null || (!isWhole(seen.id) && !isOfOtherKind(seen));
    boolean keepsCollections = seen.collections.isEmpty();
    return new Deployment(
        keepsId && id != null ? id : seen.id,
        seen.set == null ? set : seen.set,
        keepsCollections ? collections : seen.collections,
        keepsCollections ? seenAt : seen.seenAt);
  }

  public Deployment withoutCollections() {
    return new Deployment(id, set, Set.of(), null);
  }

  /**
   * Returns the identity with only a few of its collections.
   *
   * @param preferred the UUIDs to keep first, if the identity contains them
   */
  public Deployment withFewOf(Collection<UUID> preferred) {
    Set<UUID> few = new LinkedHashSet<>(preferred);
    few.retainAll(collections);
    few.addAll(collections);
    return new Deployment(
        id,
        set,
        few.stream().limit(MAX_COLLECTIONS).collect(Collectors.toCollection(LinkedHashSet::new)),
        seenAt);
  }
}
