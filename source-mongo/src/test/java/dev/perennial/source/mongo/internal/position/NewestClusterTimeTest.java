package dev.perennial.source.mongo.internal.position;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import com.mongodb.client.ClientSession;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NewestClusterTimeTest {

  private final ClientSession session = mock(ClientSession.class);
  private final NewestClusterTime seen = new NewestClusterTime();

  private void see(@Nullable BsonDocument gossiped, @Nullable BsonTimestamp operation) {
    when(session.getClusterTime()).thenReturn(gossiped);
    when(session.getOperationTime()).thenReturn(operation);
    seen.see(session);
  }

  private static BsonDocument gossiped(int seconds) {
    return new BsonDocument("clusterTime", at(seconds));
  }

  private static BsonTimestamp at(int seconds) {
    return new BsonTimestamp(seconds, 1);
  }

  @Test
  void knowsNothingBeforeAReplySaysATime() {
    assertThat(seen.newest()).isEmpty();
    see(null, null);
    assertThat(seen.newest()).isEmpty();
  }

  @Test
  void takesTheClusterTimeAndOtherwiseTheOperations() {
    see(null, at(3));
    assertThat(seen.newest()).contains(at(3));
    see(gossiped(5), at(4));
    assertThat(seen.newest()).contains(at(5));
    see(new BsonDocument("clusterTime", new BsonString("odd")), at(6));
    assertThat(seen.newest()).contains(at(6));
    see(new BsonDocument(), at(7));
    assertThat(seen.newest()).contains(at(7));
  }

  @Test
  void neverGoesBack() {
    see(gossiped(5), null);
    see(gossiped(4), null);
    see(null, null);
    assertThat(seen.newest()).contains(at(5));
    see(gossiped(-1), null);
    assertThat(seen.newest()).as("seconds are unsigned").contains(at(-1));
  }
}
