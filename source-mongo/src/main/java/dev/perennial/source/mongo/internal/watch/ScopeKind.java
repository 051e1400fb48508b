package dev.perennial.source.mongo.internal.watch;

import com.mongodb.MongoNamespace;
import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.Scope;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The kinds of {@link Scope}. */
public sealed interface ScopeKind extends Scope {

  /** The pattern flags that servers support. */
  int SERVER_KNOWS =
      Pattern.CASE_INSENSITIVE | Pattern.MULTILINE | Pattern.DOTALL | Pattern.COMMENTS;

  static OneCollection collection(String database, String collection) {
    checkName("database", database, MongoNamespace::checkDatabaseNameValidity);
    checkName("collection", collection, MongoNamespace::checkCollectionNameValidity);
    return new OneCollection(database, collection);
  }

  static ScopeKind collections(List<String> namespaces) {
    if (namespaces.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot watch nothing: there is no collection. Name one or more.");
    }
    List<OneCollection> sorted =
        namespaces.stream()
            .map(ScopeKind::collection)
            .distinct()
            .sorted(
                Comparator.comparing(OneCollection::database)
                    .thenComparing(OneCollection::collection))
            .toList();
    return sorted.size() == 1 ? sorted.get(0) : new Collections(sorted);
  }

  private static OneCollection collection(String namespace) {
    int dot = namespace.indexOf('.');
    if (dot < 0) {
      throw new IllegalArgumentException(
          "Cannot watch \"%s\": it names no collection. Write database.collection, as in shop.orders."
              .formatted(LogText.brief(namespace)));
    }
    return collection(namespace.substring(0, dot), namespace.substring(dot + 1));
  }

  static ScopeKind matching(Pattern namespace) {
    if ((namespace.flags() & ~SERVER_KNOWS) != 0) {
      throw new IllegalArgumentException(
          "Cannot watch what matches the pattern "
              + LogText.brief(namespace.pattern())
              + ": it has flags that the server does not know. Use no others than CASE_INSENSITIVE, MULTILINE,"
              + " DOTALL and COMMENTS.");
    }
    return new Matching(namespace);
  }

  static ScopeKind database(String database) {
    checkName("database", database, MongoNamespace::checkDatabaseNameValidity);
    return new OneDatabase(database);
  }

  private static void checkName(String what, String name, Consumer<String> check) {
    try {
      check.accept(name);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Cannot watch \"%s\": it is not a name of a %s (%s). Correct it."
              .formatted(LogText.brief(name), what, LogText.brief(String.valueOf(e.getMessage()))),
          e);
    }
  }

  static ScopeKind parse(List<String> words) {
    if (words.equals(List.of("*"))) {
      return Cluster.INSTANCE;
    }
    if (words.size() == 1 && words.get(0).indexOf('.') < 0) {
      return database(words.get(0));
    }
    for (String word : words) {
      if (word.indexOf('.') < 0) {
        throw new IllegalArgumentException(
            "Cannot watch \""
                + LogText.brief(word)
                + "\" among others: it is a whole database or the cluster. Watch it alone, or name several"
                + " collections, as in shop.orders.");
      }
    }
    return collections(words);
  }

  record OneCollection(String database, String collection) implements ScopeKind {
    @Override
    public String toString() {
      return LogText.brief(database + '.' + collection);
    }
  }

  /** Two or more different collections, sorted. */
  record Collections(List<OneCollection> all) implements ScopeKind {

    /** Returns the names of the collections by database. */
    SortedMap<String, TreeSet<String>> byDatabase() {
      SortedMap<String, TreeSet<String>> databases = new TreeMap<>();
      for (OneCollection one : all) {
        databases.computeIfAbsent(one.database, name -> new TreeSet<>()).add(one.collection);
      }
      return databases;
    }

    @Override
    public String toString() {
      return LogText.brief(
          all.stream().map(OneCollection::toString).collect(Collectors.joining(", ")));
    }
  }

  record Matching(Pattern namespace) implements ScopeKind {

    /** Compares patterns and flags, because {@link Pattern} does not define equality. */
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Matching matching
          && namespace.pattern().equals(matching.namespace.pattern())
          && namespace.flags() == matching.namespace.flags();
    }

    @Override
    public int hashCode() {
      return Objects.hash(namespace.pattern(), namespace.flags());
    }

    @Override
    public String toString() {
      return "namespaces like " + LogText.brief(namespace.pattern());
    }
  }

  record OneDatabase(String database) implements ScopeKind {
    @Override
    public String toString() {
      return LogText.brief(database);
    }
  }

  enum Cluster implements ScopeKind {
    INSTANCE;

    @Override
    public String toString() {
      return "*";
    }
  }
}
