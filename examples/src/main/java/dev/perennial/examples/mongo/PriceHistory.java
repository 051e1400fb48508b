package dev.perennial.examples.mongo;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.Scope;
import java.util.Optional;
import org.bson.Document;

/** Shows the price before and after a change. */
final class PriceHistory {

  private PriceHistory() {}

  // tag::images
  static MongoSource source(String mongo) {
    return MongoSource.builder(mongo)
        .watch(Scope.collection("shop", "products"))
        .fullDocument(FullDocument.WHEN_AVAILABLE)
        .fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE)
        .build();
  }

  static String priceChange(Change change) {
    Optional<Document> before = change.fullDocumentBeforeChange().document();
    Optional<Document> after = change.documentAfter().document();
    return before.map(product -> product.getInteger("price") + "").orElse("?")
        + " -> "
        + after.map(product -> product.getInteger("price") + "").orElse("gone");
  }
  // end::images
}
