package dev.perennial.simulators.mongo.storage;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** All collections. Guarded by the replica set's lock. */
public final class Catalog {

  private final Map<Namespace, CollectionState> collections = new LinkedHashMap<>();
  private final Random random;

  public Catalog(long seed) {
    this.random = new Random(seed);
  }

  public @Nullable CollectionState find(Namespace namespace) {
    return collections.get(namespace);
  }

  CollectionState create(Namespace namespace, boolean view) {
    CollectionState created = new CollectionState(namespace, uuid(), view);
    collections.put(namespace, created);
    return created;
  }

  void add(CollectionState collection) {
    collections.put(collection.namespace(), collection);
  }

  void remove(Namespace namespace) {
    collections.remove(namespace);
  }

  public List<CollectionState> of(String database) {
    List<CollectionState> found = new ArrayList<>();
    for (CollectionState collection : collections.values()) {
      if (collection.namespace().database().equals(database)) {
        found.add(collection);
      }
    }
    return found;
  }

  public Set<String> databases() {
    Set<String> names = new LinkedHashSet<>();
    collections.keySet().forEach(namespace -> names.add(namespace.database()));
    return names;
  }

  /** A random UUID of version 4, the same for the same seed. */
  public UUID uuid() {
    long high = (random.nextLong() & ~0xf000L) | 0x4000L;
    long low = (random.nextLong() & 0x3fff_ffff_ffff_ffffL) | Long.MIN_VALUE;
    return new UUID(high, low);
  }
}
