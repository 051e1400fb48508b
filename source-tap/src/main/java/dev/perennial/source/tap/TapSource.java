package dev.perennial.source.tap;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.Channel;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.ServerTrackedSource;
import dev.perennial.port.Transport;
import dev.perennial.port.TransportException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The events of a Tap, the sync service of the AT Protocol: it follows repos and hands out what
 * happens in them, event by event, each until it is acked.
 *
 * <pre>{@code
 * try (Transport transport = NettyTransport.create();
 *     EventStream<TapEvent> stream =
 *         EventStream.from(TapSource.of("localhost:2480", transport)).open()) {
 *   stream.consume(delivery -> index(delivery.event()));
 * }
 * }</pre>
 *
 * <p>A source belongs to one stream; its builder makes as many as one likes. It never closes the
 * transport. Two streams on one Tap share its events between them, and a repo's events may then
 * come to either.
 *
 * <p>Not to be seen from here: a Tap that was started with {@code --disable-acks} takes an event
 * for acked once it is written to the socket. Consume such a Tap with {@link
 * dev.perennial.AckMode#NEVER}, knowing what that means.
 */
public final class TapSource implements ServerTrackedSource<TapEvent, TapPosition> {

  /** How long connecting may take, the handshake included, unless set. */
  public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /**
   * How long after its ack an event may come again, unless set. Tap sends an unacked event again
   * once it has waited for {@code TAP_RETRY_TIMEOUT} (60 s unless set there), and looks for such
   * events only as often as that: a copy is made up to twice that time after the event. A third is
   * for its way here.
   */
  public static final Duration DEFAULT_REDELIVERY_HORIZON = Duration.ofMinutes(3);

  private final Transport transport;
  private final TapUri uri;
  private final Map<String, String> headers;
  private final @Nullable BasicAuth auth;
  private final Duration connectTimeout;
  private final Duration redeliveryHorizon;
  private final TapDecoder decoder;

  private TapSource(Builder builder) {
    this.transport = builder.transport;
    this.uri = builder.uri;
    this.headers = builder.headers.with(builder.auth);
    this.auth = builder.auth;
    this.connectTimeout = builder.connectTimeout;
    this.redeliveryHorizon = builder.redeliveryHorizon;
    this.decoder = new TapDecoder(builder.mapper);
  }

  /**
   * A source with every default.
   *
   * @param uri where the Tap is; see {@link Builder#uri(String)}
   * @param transport what to reach it with; the application closes it
   * @throws IllegalArgumentException if {@code uri} is no address of a Tap
   */
  public static TapSource of(String uri, Transport transport) {
    return builder(transport).uri(uri).build();
  }

  /**
   * Describes a source.
   *
   * @param transport what to reach the Tap with; the application closes it
   */
  public static Builder builder(Transport transport) {
    return new Builder(transport);
  }

  @Override
  public String name() {
    return "tap";
  }

  /**
   * Opens Tap's event channel.
   *
   * @throws TapException if it was refused for a reason that stays
   * @throws TransportException if it could not be opened now
   */
  @Override
  public AckingConnection<TapEvent, TapPosition> connect()
      throws IOException, InterruptedException {
    Channel channel;
    try {
      channel = transport.open(uri.channel(), headers, connectTimeout);
    } catch (TransportException.Rejected e) {
      throw TapErrors.explain(e, uri, auth, Secrets.of(headers, auth));
    }
    return new TapConnection(channel, decoder);
  }

  @Override
  public ErrorClassifier errors() {
    return TapErrors.CLASSIFIER;
  }

  @Override
  public Duration redeliveryHorizon() {
    return redeliveryHorizon;
  }

  @Override
  public String toString() {
    return "TapSource[" + uri + ']';
  }

  /**
   * Describes sources. Every setting but the transport has a default. Not safe for use from several
   * threads.
   */
  public static final class Builder {

    private final Transport transport;
    private final Headers headers = new Headers();
    private TapUri uri = TapUri.DEFAULT;
    private @Nullable BasicAuth auth;
    private Duration connectTimeout = DEFAULT_CONNECT_TIMEOUT;
    private Duration redeliveryHorizon = DEFAULT_REDELIVERY_HORIZON;
    private JsonMapper mapper = Json.MAPPER;

    private Builder(Transport transport) {
      this.transport = transport;
    }

    /**
     * Where the Tap is: {@code localhost:2480} unless set.
     *
     * @param uri host and port, with one of the schemes {@code ws}, {@code wss}, {@code http}
     *     (taken for {@code ws}) and {@code https} (taken for {@code wss}); without a scheme it is
     *     {@code ws}. A path is taken for a proxy's prefix: {@code https://example.org/tap/} leads
     *     to {@code wss://example.org/tap/channel}.
     * @throws IllegalArgumentException if it is anything else, or has a password in it
     */
    public Builder uri(String uri) {
      this.uri = TapUri.parse(uri);
      return this;
    }

    /**
     * Tap's admin password ({@code TAP_ADMIN_PASSWORD}): none unless set. Sent with the handshake,
     * before it is asked for.
     */
    public Builder password(String password) {
      this.auth = new BasicAuth(password);
      return this;
    }

    /**
     * A header to be sent with the handshake, for example for a proxy. The last of a name counts.
     *
     * @throws IllegalArgumentException if it is no header
     */
    public Builder header(String name, String value) {
      headers.put(name, value);
      return this;
    }

    /** What to call ourselves: {@code perennial/} and the version unless set. */
    public Builder userAgent(String userAgent) {
      return header(Headers.USER_AGENT, userAgent);
    }

    /** How long connecting may take, the handshake included: 10 s unless set. */
    public Builder connectTimeout(Duration timeout) {
      this.connectTimeout = Durations.positive("connectTimeout", timeout);
      return this;
    }

    /**
     * How long after its ack an event may come again: 3 min unless set. Set it to three times
     * {@code TAP_RETRY_TIMEOUT} if the server has another one than 60 s: too long costs memory, too
     * short hands copies out.
     */
    public Builder redeliveryHorizon(Duration horizon) {
      this.redeliveryHorizon = Durations.positive("redeliveryHorizon", horizon);
      return this;
    }

    /** What to read payloads with when the application asks for them. */
    public Builder mapper(JsonMapper mapper) {
      this.mapper = mapper;
      return this;
    }

    /**
     * Makes a source, a new one at each call.
     *
     * @throws IllegalArgumentException if there is both a password and a header {@code
     *     Authorization}
     */
    public TapSource build() {
      return new TapSource(this);
    }

    @Override
    public String toString() {
      return "TapSource.Builder[" + uri + ']';
    }
  }
}
