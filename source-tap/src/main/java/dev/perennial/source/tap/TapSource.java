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
  private final SourceBinding binding = new SourceBinding();
  private final TapUri uri;
  private final Map<String, String> headers;
  private final @Nullable BasicAuth auth;
  private final Duration connectTimeout;
  private final Duration redeliveryHorizon;
  private final TapDecoder decoder;
  private final AckResender resender;

  TapSource(
      Transport transport,
      TapUri uri,
      Map<String, String> headers,
      @Nullable BasicAuth auth,
      Duration connectTimeout,
      Duration redeliveryHorizon,
      TapDecoder decoder,
      LongSupplier nanoTime) {
    this.transport = transport;
    this.uri = uri;
    this.headers = headers;
    this.auth = auth;
    this.connectTimeout = connectTimeout;
    this.redeliveryHorizon = redeliveryHorizon;
    this.decoder = decoder;
    this.resender = new AckResender(nanoTime);
  }

  /**
   * A source with every default.
   *
   * @param uri where the Tap is; see {@link TapSourceBuilder#uri(String)}
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
      throw TapErrors.explain(e, uri, auth, SecretRedactor.of(headers, auth));
    }
    return new TapConnection(channel, decoder, resender);
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
