package dev.perennial.source.tap;

import dev.perennial.port.StreamRuntime;
import dev.perennial.port.Transport;
import dev.perennial.source.tap.internal.connection.IdleTimeoutTransport;
import dev.perennial.source.tap.internal.http.BasicAuth;
import dev.perennial.source.tap.internal.http.RequestHeaders;
import dev.perennial.source.tap.internal.http.TapUri;
import dev.perennial.source.tap.internal.message.Json;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The builder of a {@link TapSource}. Every setting but the transport has a default. Not safe for
 * use from several threads.
 */
public final class TapSourceBuilder {

  private final Transport transport;
  private final RequestHeaders headers = new RequestHeaders();
  private TapUri uri = TapUri.DEFAULT;
  private @Nullable BasicAuth auth;
  private Duration connectTimeout = TapSource.DEFAULT_CONNECT_TIMEOUT;
  private Duration redeliveryHorizon = TapSource.DEFAULT_REDELIVERY_HORIZON;
  private @Nullable Duration idleLimit;
  private StreamRuntime runtime = StreamRuntime.system();
  private JsonMapper mapper = Json.MAPPER;

  TapSourceBuilder(Transport transport) {
    this.transport = transport;
  }

  /**
   * Sets the address of the Tap. Default: {@code localhost:2480}.
   *
   * @param uri host and port, with one of the schemes {@code ws}, {@code wss}, {@code http} (means
   *     {@code ws}) and {@code https} (means {@code wss}). Without a scheme it is {@code ws}, and
   *     without scheme and port the port is Tap's own, 2480: {@code localhost} means {@code
   *     ws://localhost:2480}, but {@code ws://localhost} has the port of its scheme, 80. A path is
   *     a proxy's prefix: {@code https://example.org/tap/} leads to {@code
   *     wss://example.org/tap/channel}, which can also be given itself. A host can be a name in any
   *     script, or an IPv6 address with a zone: {@code ws://[fe80::1%25eth0]:2480}.
   * @throws IllegalArgumentException if it is anything else, or contains a password
   */
  public TapSourceBuilder uri(String uri) {
    this.uri = TapUri.parse(uri);
    return this;
  }

  /**
   * Sets Tap's admin password ({@code TAP_ADMIN_PASSWORD}), which is sent with the handshake.
   * Default: none.
   */
  public TapSourceBuilder password(String password) {
    this.auth = new BasicAuth(password);
    return this;
  }

  /**
   * Adds a header to the handshake, for example for a proxy. The last one of a name counts.
   *
   * @throws IllegalArgumentException if HTTP does not allow it, or the handshake sets it itself
   */
  public TapSourceBuilder header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /** Sets the header {@code User-Agent}. Default: {@code perennial/} and the version. */
  public TapSourceBuilder userAgent(String userAgent) {
    return header(RequestHeaders.USER_AGENT, userAgent);
  }

  /** Sets the timeout of connecting, the handshake included. Default: 10 s. */
  public TapSourceBuilder connectTimeout(Duration timeout) {
    this.connectTimeout = Durations.positive("connectTimeout", timeout);
    return this;
  }

  /**
   * Sets the time after its ack in which an event may come again. Default: 3 min. If the server's
   * {@code TAP_RETRY_TIMEOUT} is not 60 s, set three times that. A longer time costs memory; with a
   * shorter one the stream may deliver an event twice.
   */
  public TapSourceBuilder redeliveryHorizon(Duration horizon) {
    this.redeliveryHorizon = Durations.positive("redeliveryHorizon", horizon);
    return this;
  }

  /**
   * Reconnects if no event has come for a time although the stream asked for one. Default: off. It
   * helps if a Tap, or a proxy before it, answers pings and sends nothing. Only time in which the
   * stream asks for events counts; a pause between two of its calls counts as at most 1 s.
   *
   * <p>A stream of quiet repos, or one that waits for acks before Tap sends more, reconnects
   * without need. Set a limit well over the longest normal silence, and over the stream's {@code
   * stableAfter} (30 s by default): a connection that ends sooner counts as a failed attempt, and
   * the stream waits longer before the next one.
   *
   * @param limit longer than zero
   */
  public TapSourceBuilder reconnectWhenIdle(Duration limit) {
    this.idleLimit = Durations.positive("reconnectWhenIdle", limit);
    return this;
  }

  /**
   * Sets the runtime that gives the time; give the stream the same one. Default: {@link
   * StreamRuntime#system()}.
   */
  public TapSourceBuilder runtime(StreamRuntime runtime) {
    this.runtime = Objects.requireNonNull(runtime, "runtime");
    return this;
  }

  /** Sets the mapper that parses payloads when the application asks for them. */
  public TapSourceBuilder mapper(JsonMapper mapper) {
    this.mapper = mapper;
    return this;
  }

  /**
   * Makes a source; each call makes another one.
   *
   * @throws IllegalArgumentException if there is both a password and a header {@code Authorization}
   */
  public TapSource build() {
    return new TapSource(
        idleLimit == null ? transport : new IdleTimeoutTransport(transport, idleLimit, runtime),
        uri,
        headers.with(auth),
        auth,
        connectTimeout,
        redeliveryHorizon,
        mapper,
        runtime::nanoTime);
  }

  @Override
  public String toString() {
    return "TapSourceBuilder[" + uri + ']';
  }
}
