package dev.perennial.source.tap;

import dev.perennial.source.tap.internal.http.BasicAuth;
import dev.perennial.source.tap.internal.message.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Receives events from a Tap that posts them to a webhook: the part between a web framework, which
 * brings the request, and a handler. Tap takes any status from 200 to 299 for an ack, and posts an
 * event again until it gets one, for 30 s each time.
 *
 * <pre>{@code
 * response.setStatus(webhook.receive(request.getHeader("Authorization"), body, event -> index(event)));
 * }</pre>
 *
 * <p>Immutable and safe for use from any thread.
 */
public final class TapWebhook {

  private static final int OK = 200;
  private static final int UNAUTHORIZED = 401;

  private final @Nullable BasicAuth auth;
  private final TapDecoder decoder;

  private TapWebhook(@Nullable BasicAuth auth, JsonMapper mapper) {
    this.auth = auth;
    this.decoder = new TapDecoder(mapper);
  }

  /** For a Tap that was started with an admin password, which it then sends along. */
  public static TapWebhook withPassword(String password) {
    return new TapWebhook(new BasicAuth(password), Json.MAPPER);
  }

  /** For a Tap without a password: takes what anybody posts. */
  public static TapWebhook withoutPassword() {
    return new TapWebhook(null, Json.MAPPER);
  }

  /** The same, with another mapper to read payloads with. */
  public TapWebhook mapper(JsonMapper mapper) {
    return new TapWebhook(auth, mapper);
  }

  /**
   * Whether a request may be believed. Takes the same time for every wrong password.
   *
   * @param authorization the request's header {@code Authorization}, or null if it has none
   */
  public boolean isAuthorized(@Nullable String authorization) {
    return auth == null || auth.matches(authorization);
  }

  /**
   * Makes an event of a request's body. A body that is none becomes a {@link TapMalformed}; nothing
   * is thrown.
   *
   * @param body the body, which the caller leaves unchanged from then on
   */
  public TapEvent decode(byte[] body) {
    return decoder.decodeUnchecked(body);
  }

  /**
   * Handles one request.
   *
   * @param authorization the request's header {@code Authorization}, or null if it has none
   * @param body the request's body, which the caller leaves unchanged from then on
   * @param handler handles the event; what it throws passes through, and the request must then not
   *     be answered with a status from 200 to 299
   * @return the status to answer with: 200 once the handler has returned, or 401 if the request is
   *     not authorized, and then the handler was not called
   * @throws X what the handler threw
   */
  public <X extends Exception> int receive(
      @Nullable String authorization, byte[] body, EventHandler<X> handler) throws X {
    if (!isAuthorized(authorization)) {
      return UNAUTHORIZED;
    }
    handler.handle(decode(body));
    return OK;
  }

  @Override
  public String toString() {
    return "TapWebhook";
  }

  /**
   * Handles an event that was posted.
   *
   * @param <X> what it may throw
   */
  @FunctionalInterface
  public interface EventHandler<X extends Exception> {

    /**
     * Handles an event. When it returns, the event is acked.
     *
     * @throws X if the event could not be handled: Tap posts it again
     */
    void handle(TapEvent event) throws X;
  }
}
