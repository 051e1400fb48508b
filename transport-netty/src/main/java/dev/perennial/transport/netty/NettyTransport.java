package dev.perennial.transport.netty;

import dev.perennial.port.Channel;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Message;
import dev.perennial.port.Transport;
import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Rejected;
import dev.perennial.port.TransportException.Untrusted;
import dev.perennial.port.Verdict;
import dev.perennial.transport.netty.internal.address.HostLookup;
import dev.perennial.transport.netty.internal.address.ProxyLookup;
import dev.perennial.transport.netty.internal.address.ProxyServer;
import dev.perennial.transport.netty.internal.address.WebSocketUri;
import dev.perennial.transport.netty.internal.channel.ChannelSettings;
import dev.perennial.transport.netty.internal.channel.WebSocketChannel;
import dev.perennial.transport.netty.internal.open.Deadline;
import dev.perennial.transport.netty.internal.open.EventLoops;
import dev.perennial.transport.netty.internal.open.HandshakeHeaders;
import dev.perennial.transport.netty.internal.open.OpenAttempt;
import dev.perennial.transport.netty.internal.open.TlsClient;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * WebSocket channels (RFC 6455) on Netty, for {@code ws} and {@code wss} URIs, without extensions.
 *
 * <p>Channels read ahead into an inbox of bounded size, and leave the rest to wait in the socket.
 * They find out by pings when the peer is gone. A message over the size limit is read to its end,
 * discarded and reported as {@link Message.TooLarge}, and the channel lives on; what was discarded
 * is not checked to be valid UTF-8.
 *
 * <p>Safe for use from any thread. One transport serves many channels; the application that made it
 * closes it.
 */
public final class NettyTransport implements Transport {

  /** How long {@link #close} gives the peers of open channels to say goodbye. */
  private static final Duration GOODBYE = Duration.ofSeconds(1);

  /** How long {@link #close} waits for its event loop to end. */
  private static final Duration SHUTDOWN = Duration.ofSeconds(2);

  private static final String THREADS = "perennial-netty";
  private static final String WHY = "the transport was closed";

  private final ChannelSettings settings;
  private final HostLookup lookup;
  private final ProxyLookup proxies;
  private final @Nullable EventLoopGroup givenGroup;

  private final Set<OpenAttempt> attempts = ConcurrentHashMap.newKeySet();
  private final Set<WebSocketChannel> channels = ConcurrentHashMap.newKeySet();
  private final Object lock = new Object();
  private @Nullable EventLoopGroup ownGroup;
  private @Nullable TlsClient tls;
  private volatile boolean closed;

  NettyTransport(
      ChannelSettings settings,
      HostLookup lookup,
      @Nullable TlsClient tls,
      ProxyLookup proxies,
      @Nullable EventLoopGroup givenGroup) {
    this.settings = settings;
    this.lookup = lookup;
    this.tls = tls;
    this.proxies = proxies;
    this.givenGroup = givenGroup;
  }

  /** Makes a transport with all defaults. Starts no thread before the first {@link #open}. */
  public static NettyTransport create() {
    return builder().build();
  }

  /** Begins to make a transport that differs from the defaults. */
  public static NettyTransportBuilder builder() {
    return new NettyTransportBuilder();
  }

  /**
   * Opens a channel: connects, sets up TLS for {@code wss}, and shakes hands.
   *
   * <p>If the host has several addresses, they are tried one after the other until one gives a
   * channel or says that it cannot now (503 and the like), or whom it takes (401, 407). Each call
   * begins with the next address, but the first call after a message was received begins with the
   * address that it came from: after a loss that is the same server, if it still answers.
   * Connecting to one may take its share of the time, and all of it half of what is left, or what
   * is left where it is the last. If all fail, what is thrown is one that waiting may mend rather
   * than a refusal, and of several the one that got furthest; the others are suppressed.
   *
   * <p>Goes through the proxy of the builder, or else the one that the JVM's proxy settings name;
   * the addresses are the proxy's then.
   *
   * @param uri {@code ws://} or {@code wss://}, without user, password and fragment
   * @param headers all but those that belong to the handshake: {@code Host}, {@code Upgrade},
   *     {@code Connection}, {@code Sec-WebSocket-*}, {@code Content-Length} and {@code
   *     Transfer-Encoding}; and but {@code Proxy-Authorization}, which the server would get
   * @param timeout how long all of it may take together, over zero
   * @throws TransportException if it could not be done; its message names the host and no more of
   *     the URI
   * @throws InterruptedException if the thread was interrupted while it waited; what was begun is
   *     abandoned
   * @throws IllegalArgumentException if the URI, a header or the timeout is not one
   * @throws IllegalStateException if the transport is closed, or the thread is an event loop's
   */
  @Override
  public Channel open(URI uri, Map<String, String> headers, Duration timeout)
      throws TransportException, InterruptedException {
    WebSocketUri target = WebSocketUri.of(uri);
    HttpHeaders handshake = HandshakeHeaders.of(target, headers);
    if (timeout.isZero() || timeout.isNegative()) {
      throw new IllegalArgumentException("opening a channel needs a timeout over zero");
    }
    EventLoopGroup group = group();
    if (isOn(group)) {
      throw new IllegalStateException(
          "opening a channel waits for an event loop, so an event loop's thread cannot do it");
    }
    Deadline deadline = new Deadline(settings.runtime(), timeout);
    @Nullable ProxyServer proxy = proxies.proxyTo(target).orElse(null);
    String host = proxy == null ? target.lookupName() : proxy.host();
    List<InetAddress> addresses =
        lookup.addresses(host, proxy == null ? "" : " of the proxy", deadline.remaining());
    List<OpenFailure> failures = new ArrayList<>();
    for (int i = 0; i < addresses.size(); i++) {
      OpenAttempt attempt = new OpenAttempt(settings, target, tls(target), proxy);
      try {
        InetAddress address = addresses.get(i);
        WebSocketChannel channel =
            complete(attempt, group, address, handshake, deadline, addresses.size() - i);
        channel.onFirstMessage(() -> lookup.proved(host, address));
        return channel;
      } catch (TransportException e) {
        failures.add(new OpenFailure(e, attempt.stage()));
        if (isFinal(e) || deadline.remaining().isZero()) {
          break;
        }
      }
    }
    throw worst(failures);
  }

  /** The failure to throw, to which the others are suppressed. */
  private static TransportException worst(List<OpenFailure> failures) {
    TransportException worst = Collections.max(failures, OpenFailure.PROGRESS).error();
    failures.stream()
        .map(OpenFailure::error)
        .filter(other -> !other.equals(worst))
        .forEach(worst::addSuppressed);
    return worst;
  }

  /** Why there is no channel to one address. */
  private record OpenFailure(TransportException error, OpenAttempt.Stage stage) {

    /**
     * An answer says more than none: where a name has an address at which nobody listens, such as
     * {@code localhost} beside a server on 127.0.0.1 alone, wrong settings are told at once.
     */
    private static final Comparator<OpenFailure> PROGRESS =
        Comparator.comparing((OpenFailure failure) -> isFinal(failure.error))
            .thenComparing(failure -> failure.error instanceof Rejected)
            .thenComparing(failure -> failure.error instanceof Untrusted)
            .thenComparing(OpenFailure::stage);
  }

  /**
   * Whether no other address is to be asked: who says "later" does not want to be asked again at
   * once, and a wrong password that is tried everywhere soon locks its owner out.
   */
  private static boolean isFinal(TransportException failure) {
    return failure instanceof Rejected rejected
        && (isPassing(failure) || rejected.status() == 401 || rejected.status() == 407);
  }

  private static boolean isPassing(TransportException failure) {
    return ErrorClassifier.transport()
        .classify(failure)
        .filter(Verdict.Retry.class::isInstance)
        .isPresent();
  }

  private WebSocketChannel complete(
      OpenAttempt attempt,
      EventLoopGroup group,
      InetAddress address,
      HttpHeaders headers,
      Deadline deadline,
      int untried)
      throws TransportException, InterruptedException {
    attempts.add(attempt);
    boolean opened = false;
    try {
      requireNotClosed();
      attempt.start(group, address, headers);
      // If close() came before the attempt had a socket to close, it is for us to see it.
      requireNotClosed();
      boolean connected = attempt.awaitConnected(deadline.remaining().dividedBy(untried));
      Duration rest = deadline.remaining().dividedBy(untried == 1 ? 1 : 2);
      WebSocketChannel channel = attempt.await(connected ? rest : Duration.ZERO);
      keep(channel);
      opened = true;
      return channel;
    } catch (TransportException e) {
      requireNotClosed();
      throw e;
    } finally {
      attempts.remove(attempt);
      if (!opened) {
        attempt.abandon();
      }
    }
  }

  private void keep(WebSocketChannel channel) {
    channels.add(channel);
    channel.onEnd(() -> channels.remove(channel));
    requireNotClosed();
  }

  /**
   * Says goodbye on every channel, gives their peers a second to answer, then ends what is left,
   * and the event loop if it was made here. Called from an event loop's thread, it does not wait
   * for that.
   */
  @Override
  public void close() {
    EventLoopGroup group;
    synchronized (lock) {
      if (closed) {
        return;
      }
      closed = true;
      group = givenGroup == null ? ownGroup : givenGroup;
    }
    if (group == null) {
      return;
    }
    attempts.forEach(OpenAttempt::abandon);
    List<WebSocketChannel> open = List.copyOf(channels);
    open.forEach(channel -> channel.beginClose(WHY));
    if (isOn(group)) {
      group.next().schedule(() -> end(open, group), GOODBYE.toMillis(), TimeUnit.MILLISECONDS);
      return;
    }
    boolean interrupted = false;
    try {
      Deadline goodbyes = new Deadline(settings.runtime(), GOODBYE);
      for (WebSocketChannel channel : open) {
        channel.awaitEnd(goodbyes.remaining());
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    end(open, group);
    try {
      if (!interrupted && givenGroup == null) {
        group.awaitTermination(SHUTDOWN.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void end(List<WebSocketChannel> open, EventLoopGroup group) {
    open.forEach(WebSocketChannel::abort);
    if (givenGroup == null) {
      group.shutdownGracefully(0, SHUTDOWN.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public String toString() {
    return "NettyTransport["
        + channels.size()
        + " channels"
        + proxies
        + (closed ? ", closed]" : "]");
  }

  private EventLoopGroup group() {
    synchronized (lock) {
      requireNotClosed();
      if (givenGroup != null) {
        if (givenGroup.isShuttingDown()) {
          throw new IllegalStateException(
              "the event loop group that this transport was given has been shut down");
        }
        return givenGroup;
      }
      if (ownGroup == null) {
        ownGroup = EventLoops.create(THREADS);
      }
      return ownGroup;
    }
  }

  private @Nullable TlsClient tls(WebSocketUri target) {
    if (!target.secure()) {
      return null;
    }
    synchronized (lock) {
      if (tls == null) {
        tls = TlsClient.of((TrustManager @Nullable []) null);
      }
      return tls;
    }
  }

  private void requireNotClosed() {
    if (closed) {
      throw new IllegalStateException("this transport is closed; open channels on another one");
    }
  }

  private static boolean isOn(EventLoopGroup group) {
    for (EventExecutor executor : group) {
      if (executor.inEventLoop()) {
        return true;
      }
    }
    return false;
  }
}
