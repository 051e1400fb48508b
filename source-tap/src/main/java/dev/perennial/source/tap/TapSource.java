package dev.perennial.source.tap;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.Channel;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.ServerTrackedSource;
import dev.perennial.port.SourceBinding;
import dev.perennial.port.Transport;
import dev.perennial.port.TransportException;
import dev.perennial.source.tap.internal.connection.AckResender;
import dev.perennial.source.tap.internal.http.BasicAuth;
import dev.perennial.source.tap.internal.http.SecretRedactor;
import dev.perennial.source.tap.internal.http.TapUri;
import dev.perennial.source.tap.internal.message.JacksonVersion;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The source of the events of a Tap, the sync service of the AT Protocol. Tap follows repos and
 * sends each event of theirs until it is acked.
 *
 * <pre>{@code
 * try (Transport transport = NettyTransport.create();
 *     EventStream<TapEvent> stream =
 *         EventStream.from(TapSource.of("localhost:2480", transport)).open()) {
 *   stream.consume(delivery -> index(delivery.event()));
 * }
 * }</pre>
 *
 * <p>A source belongs to one stream; its builder makes any number of sources. A source never closes
 * the transport. Two streams of one Tap share its events, and either may get a repo's events.
 *
 * <p>A Tap that was started with {@code --disable-acks} counts an event as acked once it is written
 * to the socket, which the source cannot detect. Consume such a Tap with {@link
 * dev.perennial.AckMode#NEVER}; it can lose events.
 */
public final class TapSource implements ServerTrackedSource<TapEvent, TapPosition> {

  /** The default timeout of connecting, the handshake included. */
  public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /**
   * The default time after its ack in which an event may come again. Tap sends an unacked event
   * again after {@code TAP_RETRY_TIMEOUT} (60 s by default), and looks for such events only once in
   * that time, so a copy is sent up to twice that time after the event. The third 60 s are for its
   * way through the network.
   */
  public static final Duration DEFAULT_REDELIVERY_HORIZON = Duration.ofMinutes(3);

  private final Transport transport;
  private final SourceBinding binding = new SourceBinding();
  private final TapUri uri;
  private final Map<String, String> headers;
  private final @Nullable BasicAuth auth;
  private final Duration connectTimeout;
  private final Duration redeliveryHorizon;
  private final JsonMapper mapper;
  private final AckResender resender;

  TapSource(
      Transport transport,
      TapUri uri,
      Map<String, String> headers,
      @Nullable BasicAuth auth,
      Duration connectTimeout,
      Duration redeliveryHorizon,
      JsonMapper mapper,
      LongSupplier nanoTime) {
    this.transport = transport;
    this.uri = uri;
    this.headers = headers;
    this.auth = auth;
    this.connectTimeout = connectTimeout;
    this.redeliveryHorizon = redeliveryHorizon;
    this.mapper = mapper;
    this.resender = new AckResender(nanoTime);
  }

  /**
   * Makes a source with all defaults.
   *
   * @param uri the address of the Tap; see {@link TapSourceBuilder#uri(String)}
   * @param transport the transport that connects to it; the application closes it
   * @throws IllegalArgumentException if {@code uri} is not the address of a Tap
   */
  public static TapSource of(String uri, Transport transport) {
    return builder(transport).uri(uri).build();
  }

  /**
   * Begins to configure a source.
   *
   * @param transport the transport that connects to the Tap; the application closes it
   * @throws IllegalStateException if Jackson is too old
   */
  public static TapSourceBuilder builder(Transport transport) {
    JacksonVersion.require();
    return new TapSourceBuilder(transport);
  }

  @Override
  public SourceBinding binding() {
    return binding;
  }

  @Override
  public String name() {
    return "tap";
  }

  /**
   * Opens Tap's event channel.
   *
   * @throws TapException if it was refused, and another attempt will not help
   * @throws TransportException if it could not be opened now
   */
  @Override
  public AckingConnection<TapEvent, TapPosition> connect()
      throws IOException, InterruptedException {
    Channel channel;
    try {
      channel = transport.open(uri.channel(), headers, connectTimeout);
    } catch (TransportException.Rejected e) {
      throw TapErrors.explain(e, uri, auth, SecretRedactor.of(headers, auth));
    }
    return new TapConnection(channel, new TapDecoder(mapper), resender);
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
}
