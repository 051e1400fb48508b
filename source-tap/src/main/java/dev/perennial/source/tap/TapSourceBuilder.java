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
 * Describes sources. Every setting but the transport has a default. Not safe for use from several
 * threads.
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
   * Where the Tap is: {@code localhost:2480} unless set.
   *
   * @param uri host and port, with one of the schemes {@code ws}, {@code wss}, {@code http} (taken
   *     for {@code ws}) and {@code https} (taken for {@code wss}). Without a scheme it is {@code
   *     ws}, and without a port too it is Tap's own, 2480: {@code localhost} is {@code
   *     ws://localhost:2480}, but {@code ws://localhost} has the port of its scheme, 80. A path is
   *     taken for a proxy's prefix: {@code https://example.org/tap/} leads to {@code
   *     wss://example.org/tap/channel}, which may be given as it stands, too. A host may be a name
   *     in any script, or an IPv6 address with a zone: {@code ws://[fe80::1%25eth0]:2480}.
   * @throws IllegalArgumentException if it is anything else, or has a password in it
   */
  public TapSourceBuilder uri(String uri) {
    this.uri = TapUri.parse(uri);
    return this;
  }

  /**
   * Tap's admin password ({@code TAP_ADMIN_PASSWORD}): none unless set. Sent with the handshake,
   * before it is asked for.
   */
  public TapSourceBuilder password(String password) {
    this.auth = new BasicAuth(password);
    return this;
  }

  /**
   * A header to be sent with the handshake, for example for a proxy. The last of a name counts.
   *
   * @throws IllegalArgumentException if it is no header
   */
  public TapSourceBuilder header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /** What to call ourselves: {@code perennial/} and the version unless set. */
  public TapSourceBuilder userAgent(String userAgent) {
    return header(RequestHeaders.USER_AGENT, userAgent);
  }

  /** How long connecting may take, the handshake included: 10 s unless set. */
  public TapSourceBuilder connectTimeout(Duration timeout) {
    this.connectTimeout = Durations.positive("connectTimeout", timeout);
    return this;
  }

  /**
   * How long after its ack an event may come again: 3 min unless set. Set it to three times {@code
   * TAP_RETRY_TIMEOUT} if the server has another one than 60 s: too long costs memory, too short
   * hands copies out.
   */
  public TapSourceBuilder redeliveryHorizon(Duration horizon) {
    this.redeliveryHorizon = Durations.positive("redeliveryHorizon", horizon);
    return this;
  }

  /**
   * Reconnects if no event has come for so long although the stream asked for one: off unless set.
   * For a Tap, or something before it, that answers pings and sends nothing. Time in which the
   * application takes no event does not count, nor more than 1 s between two calls of the stream.
   *
   * <p>A stream of quiet repos, or one that waits for acks before Tap sends more, reconnects
   * needlessly. Set it well over the longest silence that is normal, and over the stream's {@code
   * stableAfter} (30 s unless set): a connection that is given up sooner than that counts as a
   * failed attempt, and the next one waits for longer.
   *
   * @param limit over zero
   */
  public TapSourceBuilder reconnectWhenIdle(Duration limit) {
    this.idleLimit = Durations.positive("reconnectWhenIdle", limit);
    return this;
  }

  /**
   * Where the age of a connection and the time for {@link #reconnectWhenIdle} come from; give the
   * stream the same. Default: {@link StreamRuntime#system()}.
   */
  public TapSourceBuilder runtime(StreamRuntime runtime) {
    this.runtime = Objects.requireNonNull(runtime, "runtime");
    return this;
  }

  /** What to read payloads with when the application asks for them. */
  public TapSourceBuilder mapper(JsonMapper mapper) {
    this.mapper = mapper;
    return this;
  }

  /**
   * Makes a source, a new one at each call.
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
        new TapDecoder(mapper),
        runtime::nanoTime);
  }

  @Override
  public String toString() {
    return "TapSourceBuilder[" + uri + ']';
  }
}
