package dev.perennial.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.source.mongo.ChangeEvent;
import org.junit.jupiter.api.Test;

class MongoEventKeysTest {

  @Test
  void distinguishTheChangesOfATransaction() {
    assertThat(MongoEventKeys.of(event("insert", ",\"documentKey\":{\"_id\":7}")))
        .contains("4294967295.3 insert BsonInt32{value=7}");
    assertThat(MongoEventKeys.of(event("insert", ",\"documentKey\":{\"_id\":8}")))
        .contains("4294967295.3 insert BsonInt32{value=8}");
  }

  @Test
  void needNoDocument() {
    assertThat(MongoEventKeys.of(event("drop", ""))).contains("4294967295.3 drop");
  }

  @Test
  void areEmptyForEventsOutsideTheOplog() {
    assertThat(MongoEventKeys.of(event("invalidate", ""))).isEmpty();
    assertThat(MongoEventKeys.of(ChangeEvent.parse(new byte[3]))).isEmpty();
  }

  private static ChangeEvent event(String operation, String more) {
    return ChangeEvent.parse(
        "{\"_id\":{\"_data\":\"82\"},\"operationType\":\""
            + operation
            + "\",\"clusterTime\":{\"$timestamp\":{\"t\":4294967295,\"i\":3}}"
            + more
            + "}");
  }
}
