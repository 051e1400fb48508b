package dev.perennial.source.tap;

import dev.perennial.source.tap.internal.http.BasicAuth;
import dev.perennial.source.tap.internal.message.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A receiver of the events of a Tap that posts them to a webhook. It stands between a web
 * framework, which receives the request, and a handler. Tap counts any status from 200 to 299 as an
 * ack, and posts an event again until it gets one; each request may take 30 s.
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
  private final JsonMapper mapper;

  private TapWebhook(@Nullable BasicAuth auth, JsonMapper mapper) {
    this.auth = auth;
    this.mapper = mapper;
  }

  /** Makes a receiver for a Tap with an admin password, which Tap then sends with each request. */
  public static TapWebhook withPassword(String password) {
    return new TapWebhook(new BasicAuth(password), Json.MAPPER);
  }

  /** Makes a receiver for a Tap without a password. It accepts every request. */
  public static TapWebhook withoutPassword() {
    return new TapWebhook(null, Json.MAPPER);
  }

  /** Returns a receiver that parses payloads with another mapper. */
  public TapWebhook mapper(JsonMapper mapper) {
    return new TapWebhook(auth, mapper);
  }

  /**
   * Returns whether a request has the right password. Takes the same time for every wrong one.
   *
   * @param authorization the request's header {@code Authorization}, or null if it has none
   */
  public boolean isAuthorized(@Nullable String authorization) {
    return auth == null || auth.matches(authorization);
  }

  /**
   * Decodes a request's body. Throws nothing; a body that is not an event becomes a {@link
   * TapMalformed}.
   *
   * @param body the body; the caller must not change it afterwards
   */
  public TapEvent decode(byte[] body) {
    return new TapDecoder(mapper).decodeUnchecked(body);
  }

  /**
   * Handles one request.
   *
   * @param authorization the request's header {@code Authorization}, or null if it has none
   * @param body the request's body; the caller must not change it afterwards
   * @param handler handles the event; if it throws, do not answer the request with a status from
   *     200 to 299
   * @return the status to answer with: 200 after the handler has returned, or 401 if the request is
   *     not authorized; the handler is not called then
   * @throws X the handler's exception
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
   * A handler of posted events.
   *
   * @param <X> the exception that it may throw
   */
  @FunctionalInterface
  public interface EventHandler<X extends Exception> {

    /**
     * Handles an event. The event is acked when this method returns.
     *
     * @throws X if the event could not be handled; Tap posts it again
     */
    void handle(TapEvent event) throws X;
  }
}
