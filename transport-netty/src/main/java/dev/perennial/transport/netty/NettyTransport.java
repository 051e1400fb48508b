package dev.perennial.transport.netty;

import dev.perennial.port.Channel;
import dev.perennial.port.Message;
import dev.perennial.port.Transport;
import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Rejected;
import dev.perennial.port.TransportException.Untrusted;
import dev.perennial.port.Verdict;
import dev.perennial.port.support.ErrorClassifiers;
import dev.perennial.port.support.LogText;
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
 * A transport of WebSocket channels (RFC 6455) on Netty, for {@code ws} and {@code wss} URIs,
 * without extensions.
 *
 * <p>A channel reads ahead into an inbox of bounded size, and leaves the rest in the socket. It
 * detects by pings that the peer is gone. A message over the size limit is read to its end,
 * discarded and reported as {@link Message.TooLarge}, and the channel stays usable; what is
 * discarded is not checked to be valid UTF-8.
 *
 * <p>Safe for use from any thread. One transport serves many channels; the application that made it
 * closes it.
 */
public final class NettyTransport implements Transport {

  /** The time that {@link #close} gives the peers of open channels to answer the close frame. */
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

  /** The longest wait of {@link #close} for its event loop to end. */
  private static final Duration SHUTDOWN = Duration.ofSeconds(2);

  private static final String THREADS = "perennial-netty";
  private static final String CLOSED = "the transport was closed";

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

  /** Makes a transport with all defaults. It starts no thread before the first {@link #open}. */
  public static NettyTransport create() {
    return builder().build();
  }

  /** Begins to configure a transport. */
  public static NettyTransportBuilder builder() {
    return new NettyTransportBuilder();
  }

  /**
   * Opens a channel: connects, sets up TLS for {@code wss}, and performs the handshake.
   *
   * <p>If the host has several addresses, the transport tries one after the other until one opens a
   * channel, reports that it is temporarily unavailable (503 and similar), or rejects the
   * credentials (401, 407). Each call begins with the next address, but the first call after a
   * message was received begins with the address of that message: after a loss this is the same
   * server, if it still answers. The TCP connection to an address gets an equal share of the
   * remaining time. TLS and the handshake then get half of what remains, or all of it at the last
   * address. If all addresses fail, the call throws one of the errors: a rejected handshake rather
   * than an untrusted certificate, and either of them rather than a failed connection. Among equal
   * errors it throws the one of the attempt that got furthest. The other errors are suppressed
   * exceptions of it.
   *
   * <p>Connects through the builder's proxy, or else the one that the JVM's proxy settings name;
   * the addresses are then the proxy's.
   *
   * @param uri {@code ws://} or {@code wss://}, without user, password and fragment
   * @param headers additional headers, without those of the handshake itself: {@code Host}, {@code
   *     Upgrade}, {@code Connection}, {@code Sec-WebSocket-*}, {@code Content-Length} and {@code
   *     Transfer-Encoding}; and without {@code Proxy-Authorization}, which the server would get
   * @param timeout the timeout of the whole call, longer than zero
   * @throws TransportException if the channel could not be opened; the message names the host and
   *     no other part of the URI
   * @throws InterruptedException if the thread was interrupted while it waited; the attempt is
   *     abandoned
   * @throws IllegalArgumentException if the URI, a header or the timeout is not valid
   * @throws IllegalStateException if the transport is closed, or the thread is an event loop's
   */
  @Override
  public Channel open(URI uri, Map<String, String> headers, Duration timeout)
      throws TransportException, InterruptedException {
    WebSocketUri target = WebSocketUri.of(uri);
    HttpHeaders handshake = HandshakeHeaders.of(target, headers);
    if (timeout.isZero() || timeout.isNegative()) {
      throw new IllegalArgumentException(
          "Cannot open a channel to "
              + target
              + ": the timeout is "
              + LogText.duration(timeout)
              + ". Give one longer than 0 ms.");
    }
    EventLoopGroup group = group();
    if (isOn(group)) {
      throw new IllegalStateException(
          "Cannot open a channel to "
              + target
              + ": an event loop's thread must not wait for an event loop. Call open() on another"
              + " thread.");
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
        channel.onFirstMessage(() -> lookup.noteWorking(host, address));
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

  /** Returns the failure to throw, with the others suppressed. */
  private static TransportException worst(List<OpenFailure> failures) {
    TransportException worst = Collections.max(failures, OpenFailure.PROGRESS).error();
    failures.stream()
        .map(OpenFailure::error)
        .filter(other -> !other.equals(worst))
        .forEach(worst::addSuppressed);
    return worst;
  }

  /** The failure of one address. */
  private record OpenFailure(TransportException error, OpenAttempt.Stage stage) {

    /**
     * Ranks a rejected handshake above an untrusted certificate, and both above a failed
     * connection. If an address has no listener, such as the IPv6 address of {@code localhost} with
     * a server on 127.0.0.1 alone, wrong settings are still reported at once.
     */
    private static final Comparator<OpenFailure> PROGRESS =
        Comparator.comparing((OpenFailure failure) -> isFinal(failure.error))
            .thenComparing(failure -> failure.error instanceof Rejected)
            .thenComparing(failure -> failure.error instanceof Untrusted)
            .thenComparing(OpenFailure::stage);
  }

  /**
   * Returns whether no other address may be tried: a server that answers "later" must not be asked
   * again at once, and a wrong password that is tried everywhere may lock its owner out.
   */
  private static boolean isFinal(TransportException failure) {
    return failure instanceof Rejected rejected
        && (isPassing(failure) || rejected.status() == 401 || rejected.status() == 407);
  }

  private static boolean isPassing(TransportException failure) {
    return ErrorClassifiers.transport()
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
      // If close() came before the attempt had a socket to close, this thread must detect it.
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
   * Sends a close frame on every channel, waits up to 1 s for the peers' answers, then ends the
   * channels that are left, and the event loop if the transport made it. On an event loop's thread
   * this method returns without waiting.
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
    open.forEach(channel -> channel.beginClose(CLOSED));
    if (isOn(group)) {
      group
          .next()
          .schedule(() -> end(open, group), CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      return;
    }
    boolean interrupted = false;
    try {
      Deadline deadline = new Deadline(settings.runtime(), CLOSE_TIMEOUT);
      for (WebSocketChannel channel : open) {
        channel.awaitEnd(deadline.remaining());
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
              "Cannot open a channel: the transport's event loop group has been shut down. Give a"
                  + " running one with NettyTransportBuilder.eventLoopGroup().");
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
      throw new IllegalStateException(
          "Cannot open a channel: this transport is closed. Open it on another one.");
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
