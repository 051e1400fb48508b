package dev.perennial.source.tap;

import dev.perennial.port.support.LogText;
import dev.perennial.source.tap.TapAdminException.Reason;
import dev.perennial.source.tap.internal.http.BasicAuth;
import dev.perennial.source.tap.internal.http.LimitedBodySubscriber;
import dev.perennial.source.tap.internal.http.SecretRedactor;
import dev.perennial.source.tap.internal.http.TapUri;
import dev.perennial.source.tap.internal.message.Json;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The HTTP side of the admin API: requests, answers and errors. Safe for use from any thread. */
final class AdminHttp {

  /** The most bytes of an answer, far more than Tap's largest, a DID document. */
  private static final int MAX_ANSWER = 4 * 1024 * 1024;

  private final HttpClient client;
  private final TapUri uri;
  private final Map<String, String> headers;
  private final @Nullable BasicAuth auth;
  private final SecretRedactor secrets;
  private final Duration timeout;

  AdminHttp(
      HttpClient client,
      TapUri uri,
      Map<String, String> headers,
      @Nullable BasicAuth auth,
      Duration timeout) {
    this.client = client;
    this.uri = uri;
    this.headers = headers;
    this.auth = auth;
    this.secrets = SecretRedactor.of(headers, auth);
    this.timeout = timeout;
    request("/");
  }

  JsonNode get(String path) throws TapAdminException, InterruptedException {
    HttpResponse<byte[]> response = send("GET", path, BodyPublishers.noBody());
    try {
      return Json.MAPPER.readTree(response.body());
    } catch (JacksonException e) {
      throw unreadable(path, "it is not JSON (" + secrets.clean(e.getOriginalMessage()) + ")", e);
    }
  }

  void post(String path, byte[] json) throws TapAdminException, InterruptedException {
    send("POST", path, BodyPublishers.ofByteArray(json));
  }

  TapAdminException unreadable(String path, String why, @Nullable Throwable cause) {
    return new TapAdminException(
        Reason.UNREADABLE,
        200,
        "Cannot read the answer of "
            + uri.shown(path)
            + ": "
            + why
            + ". Check that this is the address of a Tap.",
        cause);
  }

  private HttpResponse<byte[]> send(String method, String path, BodyPublisher body)
      throws TapAdminException, InterruptedException {
    HttpRequest.Builder request = request(path).method(method, body);
    if (method.equals("POST")) {
      request.setHeader("Content-Type", "application/json");
    }
    CompletableFuture<HttpResponse<byte[]>> exchange =
        client.sendAsync(request.build(), answer -> new LimitedBodySubscriber(MAX_ANSWER));
    HttpResponse<byte[]> response;
    try {
      // The request's own timeout covers the answer's headers only; this one covers the body too.
      response = exchange.get(timeout.toMillis() + 1, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw failed(path, e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      throw failed(path, e);
    } finally {
      exchange.cancel(true);
    }
    if (response.statusCode() != 200) {
      throw refused(path, response);
    }
    return response;
  }

  /**
   * @throws IllegalArgumentException if the JDK's client does not take the address or a header
   */
  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request;
    try {
      request = HttpRequest.newBuilder(uri.management(path)).timeout(timeout);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Cannot use the address "
              + uri.shown("")
              + " for Tap's admin API: the JDK's HTTP client does not accept it. Give a host"
              + " name without underscores, or an IP address.");
    }
    headers.forEach((name, value) -> {
      try {
        request.setHeader(name, value);
      } catch (IllegalArgumentException e) {
        // Not as the cause: its message has the value.
        throw new IllegalArgumentException(
            "Cannot send the header "
                + name
                + " to Tap's admin API: the JDK's HTTP client does not accept its name or value."
                + " Leave it out or change it.");
      }
    });
    return request;
  }

  private TapAdminException failed(String path, Throwable cause) {
    if (cause instanceof HttpTimeoutException || cause instanceof TimeoutException) {
      return new TapAdminException(
          Reason.TIMEOUT,
          0,
          cannotCall(path)
              + "Tap did not answer within "
              + LogText.duration(timeout)
              + ". Check that Tap runs there, or raise TapAdminBuilder.requestTimeout().",
          cause);
    }
    return new TapAdminException(
        Reason.UNREACHABLE,
        0,
        cannotCall(path) + whyNoAnswer(cause) + ". Check that Tap runs there.",
        cause);
  }

  /** Returns why there was no answer, in one clause. */
  private String whyNoAnswer(Throwable cause) {
    String message = cause.getMessage();
    if (cause instanceof ConnectException && message == null) {
      // The JDK's client says no more if the host is unknown or nothing listens at the port.
      return "no connection could be made";
    }
    return message == null ? cause.getClass().getSimpleName() : secrets.clean(message);
  }

  private TapAdminException refused(String path, HttpResponse<byte[]> response) {
    int status = response.statusCode();
    Reason reason =
        switch (status) {
          case 400 -> Reason.BAD_REQUEST;
          case 401 -> Reason.UNAUTHORIZED;
          case 404 -> Reason.NOT_FOUND;
          case 415 -> Reason.UNSUPPORTED_MEDIA_TYPE;
          default -> status >= 500 ? Reason.SERVER_ERROR : Reason.UNEXPECTED_STATUS;
        };
    String hint =
        reason != Reason.UNAUTHORIZED
            ? reason == Reason.SERVER_ERROR
                ? "Try again, and check Tap's log."
                : "Check the request, and that this is the address of a Tap."
            : auth == null
                ? "It needs a password: set it with TapAdminBuilder.password()."
                : "The password is wrong: set Tap's own with TapAdminBuilder.password().";
    return new TapAdminException(
        reason,
        status,
        cannotCall(path)
            + "Tap answered with status "
            + status
            + redirect(response)
            + said(response.body())
            + ". "
            + hint,
        null);
  }

  private String redirect(HttpResponse<byte[]> response) {
    return response.statusCode() / 100 == 3
        ? response
            .headers()
            .firstValue("location")
            .map(to -> ", which points to " + secrets.clean(LogText.address(to)))
            .orElse("")
        : "";
  }

  /** Returns Tap's own words: the field {@code message}, or else the whole answer. */
  private String said(byte[] body) {
    String words;
    try {
      words = Json.MAPPER.readTree(body).path("message").asString("");
    } catch (JacksonException e) {
      words = "";
    }
    String said = secrets.clean(words.isEmpty() ? new String(body, StandardCharsets.UTF_8) : words);
    return said.isEmpty() ? "" : " and said \"" + said + '"';
  }

  private String cannotCall(String path) {
    return "Cannot call " + uri.shown(path) + ": ";
  }
}
