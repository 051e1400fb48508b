package dev.perennial.port.support;

import static java.time.ZoneOffset.UTC;
import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.TransportException.Lost;
import dev.perennial.port.TransportException.Rejected;
import dev.perennial.port.TransportException.Unreachable;
import dev.perennial.port.TransportException.Untrusted;
import dev.perennial.port.Verdict;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorClassifiersTest {

  private final ErrorClassifier network = ErrorClassifiers.network();
  private final ErrorClassifier transport = ErrorClassifiers.transport();

  static Stream<Throwable> passing() {
    return Stream.of(
        new ConnectException(),
        new SocketException("Connection reset"),
        new NoRouteToHostException(),
        new PortUnreachableException(),
        new SocketTimeoutException(),
        new UnknownHostException("nowhere"),
        new UnresolvedAddressException(),
        new HttpTimeoutException("late"),
        new TimeoutException(),
        new EOFException(),
        new ClosedChannelException(),
        new IOException("Broken pipe"),
        new IOException("Connection reset by peer"),
        new AsynchronousCloseException(),
        new InterruptedIOException());
  }

  @ParameterizedTest
  @MethodSource("passing")
  @DisplayName("network failures are retried, also as the cause of another error")
  void network(Throwable error) {
    assertThat(network.classify(error)).contains(Verdict.retry());
    assertThat(network.classify(new RuntimeException(new IOException(error))))
        .contains(Verdict.retry());
  }

  static Stream<Throwable> notTheNetworks() {
    return Stream.of(
        new IOException("No space left on device"),
        new UncheckedIOException(new IOException()),
        new SSLHandshakeException("PKIX path building failed"),
        new IOException(new CertificateException("expired")),
        new IllegalStateException(),
        new AssertionError());
  }

  @ParameterizedTest
  @MethodSource("notTheNetworks")
  @DisplayName("errors that a wait does not fix are unknown")
  void notNetwork(Throwable error) {
    assertThat(network.classify(error)).isEmpty();
  }

  @Test
  @DisplayName("a circle of causes does not hang the classifier")
  void circle() {
    Exception one = new Exception();
    Exception two = new Exception(one);
    one.initCause(two);
    assertThat(network.classify(one)).isEmpty();
  }

  private static Rejected rejected(int status, Map<String, List<String>> headers) {
    return new Rejected("rejected", status, headers, new byte[0]);
  }

  static IntStream everyStatus() {
    return IntStream.range(100, 600);
  }

  @ParameterizedTest
  @MethodSource("everyStatus")
  @DisplayName("status 408, 425, 429 and 5xx are retried, all others are refusals")
  void statuses(int status) {
    boolean passes = status == 408 || status == 425 || status == 429 || status >= 500;
    assertThat(transport.classify(rejected(status, Map.of())))
        .contains(passes ? Verdict.retry() : Verdict.refused());
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "0|0",
        "7|7",
        "120|120",
        "999999999|999999999",
        "1000000000|2147483647",
        "99999999999999999999|2147483647",
        "-5|0",
        "1.5|0",
        "' 5'|0",
        "''|0",
        "'Fri, 31 Dec 1999 23:59:59 GMT'|0"
      },
      delimiter = '|')
  @DisplayName(
      "Retry-After is read as seconds, up to the largest int; a past or unreadable value means no wait")
  void retryAfter(String header, long seconds) {
    Rejected rejected = rejected(503, Map.of("retry-after", List.of(header)));
    assertThat(transport.classify(rejected))
        .contains(Verdict.retryAfter(Duration.ofSeconds(seconds)));
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "Sun, 06 Nov 1994 08:49:37 GMT|Sun, 06 Nov 1994 08:50:07 GMT|30",
        "Sun, 06 Nov 1994 08:49:37 GMT|Sunday, 06-Nov-94 08:50:07 GMT|30",
        "Sun, 06 Nov 1994 08:49:37 GMT|Sun Nov  6 08:50:07 1994|30",
        "Sun Nov  6 08:49:37 1994|Sun, 06 Nov 1994 08:49:37 GMT|0",
        "Sun, 06 Nov 1994 08:49:37 GMT|Sun, 06 Nov 1994 08:49:36 GMT|0",
        "Sun, 31 Dec 2023 23:59:59 GMT|Monday, 01-Jan-24 00:00:01 GMT|2",
        "Mon, 28 Feb 2050 00:00:00 GMT|Monday, 28-Feb-50 01:00:00 GMT|3600",
        "Mon, 28 Feb 2050 00:00:00 GMT|Sunday, 28-Feb-99 01:00:00 GMT|0",
        "Tue, 10 Nov 2026 10:00:00 GMT|Tue Nov 10 10:00:05 2026|5",
        "Tue, 10 Nov 2026 10:00:00 GMT|Wed, 10 Nov 2026 10:00:05 GMT|0",
        "Tue, 10 Nov 2026 10:00:00 GMT|Tue, 10 Nov 2026 10:00:65 GMT|0",
        "Tue, 10 Nov 2026 10:00:00 GMT|2026-11-10T10:00:05Z|0",
        "Tue, 10 Nov 2026 10:00:00 GMT|soon|0",
      },
      delimiter = '|')
  @DisplayName("a Retry-After date, in the three forms of HTTP, counts from the response's Date")
  void retryAfterDate(String date, String header, long seconds) {
    Rejected rejected =
        rejected(503, Map.of("retry-after", List.of(header), "date", List.of(date)));
    assertThat(transport.classify(rejected))
        .contains(Verdict.retryAfter(Duration.ofSeconds(seconds)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "yesterday"})
  @DisplayName("a Retry-After date counts from now if the response has no Date")
  void retryAfterDateWithoutADate(String date) {
    String inAnHour =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(OffsetDateTime.now(UTC).plusHours(1));
    Map<String, List<String>> headers = new HashMap<>();
    headers.put("retry-after", List.of(inAnHour));
    if (!date.isEmpty()) {
      headers.put("date", List.of(date));
    }
    assertThat(transport.classify(rejected(503, headers)))
        .hasValueSatisfying(verdict ->
            assertThat(((Verdict.Retry) verdict).atLeast())
                .isBetween(Duration.ofMinutes(50), Duration.ofHours(1)));
  }

  @Test
  @DisplayName("the first of several Retry-After counts, and a refusal ignores them")
  void severalRetryAfter() {
    Map<String, List<String>> headers = Map.of("retry-after", List.of("3", "4"));
    assertThat(transport.classify(rejected(429, headers)))
        .contains(Verdict.retryAfter(Duration.ofSeconds(3)));
    assertThat(transport.classify(rejected(401, headers))).contains(Verdict.refused());
  }

  @Test
  @DisplayName("every transport failure is known, and no other error is")
  void kinds() {
    assertThat(transport.classify(new Unreachable("refused", null))).contains(Verdict.retry());
    assertThat(transport.classify(new Lost(1006, "", null))).contains(Verdict.retry());
    assertThat(transport.classify(new Lost(1008, "go away", null))).contains(Verdict.retry());
    assertThat(transport.classify(new Untrusted("expired", null))).contains(Verdict.refused());
    assertThat(transport.classify(new IOException(new Lost(1006, "", null)))).isEmpty();
  }

  @Test
  @DisplayName("a chain asks the first classifier, then the next one; none() knows no error")
  void chain() {
    ErrorClassifier fatalFirst = error -> Optional.of(Verdict.fatal());
    Throwable refused = new ConnectException();
    assertThat(ErrorClassifier.none().classify(refused)).isEmpty();
    assertThat(ErrorClassifier.none().orElse(network).classify(refused)).contains(Verdict.retry());
    assertThat(fatalFirst.orElse(network).classify(refused)).contains(Verdict.fatal());
    assertThat(network.orElse(fatalFirst).classify(refused)).contains(Verdict.retry());
    assertThat(network.orElse(fatalFirst).classify(new Error())).contains(Verdict.fatal());
  }
}
