package dev.perennial.cli.tail;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoSocketReadException;
import com.mongodb.MongoTimeoutException;
import com.mongodb.ServerAddress;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DriverMessagesTest {

  private static final String REFUSED =
      "{address=127.0.0.1:7, type=UNKNOWN, state=CONNECTING,"
          + " exception={com.mongodb.MongoSocketOpenException: Exception opening socket},"
          + " caused by {java.net.ConnectException: Connection refused}}";
  private static final String SILENT = "{address=127.0.0.1:8, type=UNKNOWN, state=CONNECTING}";
  private static final String SECONDARY =
      "{address=127.0.0.1:9, type=REPLICA_SET_SECONDARY, roundTripTime=5.1 ms, state=CONNECTED}";

  @Test
  void takesTheCauseOfTheFirstServerThatHasOne() {
    assertThat(why(REFUSED)).isEqualTo("127.0.0.1:7: Connection refused");
    assertThat(why(SILENT + ", " + SECONDARY + ", " + REFUSED))
        .isEqualTo("127.0.0.1:7: Connection refused");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exception={java.io.EOFException} | java.io.EOFException",
        "exception={com.mongodb.MongoSocketException: broken} | broken",
        "exception={a.AnException: a}, caused by {java.net.UnknownHostException: a} | unknown host",
        "exception={a.AnException: x}, caused by {b.BError: y}, caused by {c.CException: z: 1} | z: 1"
      })
  void takesTheDeepestCause(String exceptions, String cause) {
    assertThat(why("{address=a:1, type=UNKNOWN, state=CONNECTING, " + exceptions + "}"))
        .isEqualTo("a:1: " + cause);
  }

  @Test
  void describesServersWithoutACause() {
    assertThat(why(SECONDARY + ", " + SILENT))
        .isEqualTo("127.0.0.1:8 does not respond, or is not a member of the requested replica set");
    assertThat(why(SECONDARY))
        .isEqualTo("no suitable server: 127.0.0.1:9 is REPLICA_SET_SECONDARY");
    assertThat(why("")).isEqualTo("no host is a member of the requested replica set");
  }

  @Test
  void takesTheServersMessageOfAFailedCommand() {
    BsonDocument response = BsonDocument.parse("{ok: 0, code: 9, errmsg: \"bad token\"}");
    assertThat(DriverMessages.of(new MongoCommandException(response, new ServerAddress())))
        .isEqualTo("bad token (9)");
  }

  @Test
  void keepsOtherMessages() {
    assertThat(DriverMessages.of(new MongoTimeoutException("Timed out."))).isEqualTo("Timed out.");
    assertThat(DriverMessages.of(new MongoSocketReadException("Gone", new ServerAddress())))
        .isEqualTo("Gone");
  }

  private static String why(String servers) {
    return DriverMessages.of(
        new MongoTimeoutException(
            "Timed out while waiting for a server that matches"
                + " ReadPreferenceServerSelector{readPreference=primary}. Client view of cluster"
                + " state is {type=UNKNOWN, servers=["
                + servers
                + "]"));
  }
}
