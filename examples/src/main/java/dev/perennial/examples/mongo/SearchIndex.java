package dev.perennial.examples.mongo;

import com.mongodb.client.model.changestream.FullDocument;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeDocument;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MalformedChange;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.Scope;
import dev.perennial.source.mongo.StreamGap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps a copy of the documents of three collections, as a search index does. */
final class SearchIndex {

  private final Map<String, String> documents = new ConcurrentHashMap<>();
  private final List<ChangeEvent> setAside = new CopyOnWriteArrayList<>();

  // tag::three-collections
  static MongoSource source(String mongo) {
    return MongoSource.builder(mongo)
        .watch(Scope.collections("shop.orders", "shop.customers", "crm.tickets"))
        .fullDocument(FullDocument.UPDATE_LOOKUP)
        .build();
  }

  // end::three-collections

  // tag::all-kinds
  void handle(ChangeEvent event) {
    if (event instanceof Change change) {
      switch (change.operationType()) {
        case INSERT, REPLACE, UPDATE -> put(change);
        case DELETE -> documents.remove(key(change));
        case DROP, RENAME -> documents.keySet().removeIf(key -> key.startsWith(prefix(change)));
        default -> {} // Does not change the index.
      }
    } else if (event instanceof StreamGap || event instanceof MalformedChange) {
      // Acked like the others, so it does not come again. Keep here what must not be lost.
      setAside.add(event);
    }
  }

  private void put(Change change) {
    ChangeDocument after = change.documentAfter();
    if (after.isPresent()) {
      documents.put(key(change), after.json().orElseThrow());
    } else {
      // Null if the document was deleted before the server looked it up.
      documents.remove(key(change));
    }
  }

  // end::all-kinds

  private static String key(Change change) {
    return prefix(change) + change.documentId().orElseThrow();
  }

  private static String prefix(Change change) {
    return change.namespace().orElseThrow().fullName() + ' ';
  }

  /** Returns the documents as JSON, by namespace and id. */
  Map<String, String> documents() {
    return documents;
  }

  List<ChangeEvent> setAside() {
    return setAside;
  }
}
