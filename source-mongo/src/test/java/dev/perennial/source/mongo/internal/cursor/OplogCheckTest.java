package dev.perennial.source.mongo.internal.cursor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.MongoSocketException;
import com.mongodb.ServerAddress;
import dev.perennial.port.StreamRuntime;
import dev.perennial.source.mongo.Samples;
import dev.perennial.source.mongo.internal.client.ServerPin;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.position.Tokens;
import java.time.Duration;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.junit.jupiter.api.Test;
import org.mockito.stubbing.OngoingStubbing;

class OplogCheckTest {

  private static final ServerAddress SERVER = new ServerAddress("a");
  private static final int HISTORY_LOST = 286;
  private static final ResumePosition EVENT =
      ResumePosition.ofToken(Tokens.ofHex(Samples.EVENT_TOKEN));

  private final CursorOpener opener = mock(CursorOpener.class);
  private final StreamRuntime runtime = mock(StreamRuntime.class);
  private final OplogCheck check = new OplogCheck(opener, runtime);
  private final ServerPin server = new ServerPin.Selector(null).newPin();

  private OpenCursor cursor() {
    OpenCursor cursor = mock(OpenCursor.class);
    when(cursor.server()).thenReturn(server);
    return cursor;
  }

  private static MongoException refusal(ServerAddress server, int code) {
    return new MongoCommandException(
        new BsonDocument("ok", new BsonInt32(0)).append("code", new BsonInt32(code)), server);
  }

  private OngoingStubbing<OpenCursor> asked() throws Exception {
    return when(opener.probe(EVENT.degraded().orElseThrow(), server));
  }

  private boolean confirms() throws Exception {
    return check.confirms(EVENT, cursor());
  }

  @Test
  void theCursorsOwnServerConfirmsIt() throws Exception {
    OpenCursor opened = cursor();
    asked().thenReturn(opened);

    assertThat(confirms()).isTrue();
    verify(opened).close();
  }

  @Test
  void itsRefusalIsThrown() throws Exception {
    MongoException refusal = refusal(SERVER, HISTORY_LOST);
    asked().thenThrow(refusal);

    assertThatThrownBy(this::confirms).isSameAs(refusal);
  }

  @Test
  void anyOtherErrorSaysNothingAndIsNotAskedAgain() throws Exception {
    asked()
        .thenThrow(refusal(SERVER, 10334))
        .thenThrow(new MongoSocketException("no connection", SERVER));

    assertThat(confirms()).isFalse();
    assertThat(confirms()).isFalse();
    verify(opener, times(2)).probe(any(), any());
  }

  @Test
  void asksNothingWithoutATime() throws Exception {
    ResumePosition timeless = ResumePosition.ofToken(Tokens.ofHex("AA"));

    assertThat(check.confirms(timeless, cursor())).isFalse();
    verifyNoInteractions(opener);
  }

  @Test
  void isDueAgainAfterItsInterval() throws Exception {
    long asked = Duration.ofDays(1).toNanos();
    when(runtime.nanoTime())
        .thenReturn(
            asked,
            asked + OplogCheck.INTERVAL.toNanos() - 1,
            asked + OplogCheck.INTERVAL.toNanos());
    OpenCursor opened = cursor();
    asked().thenReturn(opened);
    confirms();

    assertThat(check.isDue()).isFalse();
    assertThat(check.isDue()).isTrue();
  }
}
