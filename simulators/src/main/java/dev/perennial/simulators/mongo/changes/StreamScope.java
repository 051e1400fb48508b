package dev.perennial.simulators.mongo.changes;

import dev.perennial.simulators.mongo.storage.ChangeKind;
import dev.perennial.simulators.mongo.storage.Namespace;
import dev.perennial.simulators.mongo.storage.OplogEntry;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a change stream watches: a collection, a database or, with neither, the cluster. */
public record StreamScope(@Nullable String database, @Nullable String collection) {

  private static final Set<String> INTERNAL = Set.of("admin", "config", "local");

  boolean includes(OplogEntry entry) {
    if (entry.kind() == ChangeKind.NOOP) {
      return false;
    }
    Namespace to = entry.change().to();
    return includes(entry.namespace()) || (to != null && includes(to));
  }

  private boolean includes(Namespace namespace) {
    if (database == null) {
      return !INTERNAL.contains(namespace.database()) && !isSystem(namespace);
    }
    if (!database.equals(namespace.database())) {
      return false;
    }
    // A collection's stream ends before its database is dropped, and is not shown that after it.
    return collection == null ? !isSystem(namespace) : collection.equals(namespace.collection());
  }

  /** Whether an entry ends a stream of this scope. */
  boolean invalidatedBy(OplogEntry entry) {
    if (database == null) {
      return false;
    }
    return switch (entry.kind()) {
      case DROP, RENAME -> collection != null;
      case DROP_DATABASE -> collection == null;
      default -> false;
    };
  }

  /** How the cursor's namespace reads. */
  String cursorNamespace() {
    if (database == null) {
      return "admin.$cmd.aggregate";
    }
    return database + "." + (collection == null ? "$cmd.aggregate" : collection);
  }

  private static boolean isSystem(Namespace namespace) {
    String name = namespace.collection();
    return name != null && (name.startsWith("system.") || name.startsWith("$"));
  }
}
