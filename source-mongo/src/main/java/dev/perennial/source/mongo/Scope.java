package dev.perennial.source.mongo;

import dev.perennial.source.mongo.internal.watch.ScopeKind;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The collections that a stream watches. Immutable; two scopes are equal if they watch the same.
 *
 * <p>A stream on several collections watches their database, or the cluster if they are in several
 * databases. The user then needs the right to watch the database or the cluster, and the server
 * scans its oplog once for all of them.
 */
public sealed interface Scope permits ScopeKind {

  /**
   * Returns the scope of one collection.
   *
   * @throws IllegalArgumentException if the driver refuses such a name
   */
  static Scope collection(String database, String collection) {
    return ScopeKind.collection(database, collection);
  }

  /**
   * Returns the scope of several collections, which can be in several databases.
   *
   * @param namespaces the collections, each as {@code database.collection}
   * @throws IllegalArgumentException if there is no namespace, or one is not valid
   */
  static Scope collections(String... namespaces) {
    return ScopeKind.collections(List.of(namespaces));
  }

  /**
   * Returns the scope of every collection in any database whose full name {@code
   * database.collection} matches. The server does the matching with PCRE. If a pattern has another
   * meaning in PCRE than in Java, the one in PCRE counts.
   *
   * @param namespace a pattern with no flags other than {@link Pattern#CASE_INSENSITIVE}, {@link
   *     Pattern#MULTILINE}, {@link Pattern#DOTALL} and {@link Pattern#COMMENTS}
   * @throws IllegalArgumentException if it has other flags, which the server does not support
   */
  static Scope matching(Pattern namespace) {
    return ScopeKind.matching(namespace);
  }

  /**
   * Returns the scope of all collections of a database, including those that do not exist yet.
   *
   * @throws IllegalArgumentException if the driver refuses such a name
   */
  static Scope database(String database) {
    return ScopeKind.database(database);
  }

  /**
   * Returns the scope of all collections of all databases except {@code admin}, {@code local} and
   * {@code config}.
   */
  static Scope cluster() {
    return ScopeKind.Cluster.INSTANCE;
  }

  /**
   * Parses a scope: {@code shop.orders} for a collection, several of these for several collections,
   * {@code shop} for a database, {@code *} for the cluster.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  static Scope parse(String... words) {
    return ScopeKind.parse(Arrays.stream(words).map(String::strip).toList());
  }
}
