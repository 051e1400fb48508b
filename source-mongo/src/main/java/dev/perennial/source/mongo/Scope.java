package dev.perennial.source.mongo;

import dev.perennial.source.mongo.internal.watch.ScopeKind;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a stream watches. Immutable; equal if it watches the same.
 *
 * <p>Several collections are watched through their database, and through the cluster where they are
 * in several databases: the server then needs the right to watch that, and scans its oplog once for
 * all of them.
 */
public sealed interface Scope permits ScopeKind {

  /**
   * One collection.
   *
   * @throws IllegalArgumentException if the driver refuses such a name
   */
  static Scope collection(String database, String collection) {
    return ScopeKind.collection(database, collection);
  }

  /**
   * Several collections, also of several databases.
   *
   * @param namespaces each {@code database.collection}
   * @throws IllegalArgumentException if there is none, or one is not such a name
   */
  static Scope collections(String... namespaces) {
    return ScopeKind.collections(List.of(namespaces));
  }

  /**
   * Every collection, of any database, whose whole name {@code database.collection} matches. The
   * server does the matching, with PCRE: what that and Java understand differently means what PCRE
   * says.
   *
   * @param namespace with no flags but {@link Pattern#CASE_INSENSITIVE}, {@link Pattern#MULTILINE},
   *     {@link Pattern#DOTALL} and {@link Pattern#COMMENTS}
   * @throws IllegalArgumentException if it has other flags, which the server does not know
   */
  static Scope matching(Pattern namespace) {
    return ScopeKind.matching(namespace);
  }

  /**
   * All collections of a database, also those that do not exist yet.
   *
   * @throws IllegalArgumentException if the driver refuses such a name
   */
  static Scope database(String database) {
    return ScopeKind.database(database);
  }

  /** All collections of all databases but {@code admin}, {@code local} and {@code config}. */
  static Scope cluster() {
    return ScopeKind.Cluster.INSTANCE;
  }

  /**
   * Reads a scope from text: {@code shop.orders} for a collection, several of these for several
   * collections, {@code shop} for a database, {@code *} for the cluster.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  static Scope parse(String... words) {
    return ScopeKind.parse(Arrays.stream(words).map(String::strip).toList());
  }
}
