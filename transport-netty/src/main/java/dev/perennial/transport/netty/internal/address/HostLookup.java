package dev.perennial.transport.netty.internal.address;

import dev.perennial.port.StreamRuntime;
import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Unreachable;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Finds a host's addresses. The JDK's lookup can hang and minds neither timeouts nor interrupts, so
 * it runs on a thread that nobody waits for longer than they want, and never on an event loop,
 * where it would hold up every channel.
 */
public final class HostLookup {

  /** Does the looking up; may block. */
  public interface Resolver {
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  private final Resolver resolver;
  private final StreamRuntime runtime;

  /** Of each host with several addresses, the one that the last attempt began with. */
  private final Map<String, InetAddress> begun = new ConcurrentHashMap<>();

  /** Of each host, the address that a message came from, until an attempt has begun with it. */
  private final Map<String, InetAddress> proven = new ConcurrentHashMap<>();

  public HostLookup(Resolver resolver, StreamRuntime runtime) {
    this.resolver = resolver;
    this.runtime = runtime;
  }

  /**
   * Gives the addresses in the order in which to try them: each time it begins with the next one,
   * but once again with one that a message came from.
   *
   * @param whose for messages, what stands behind the host
   */
  public List<InetAddress> addresses(String host, String whose, Duration timeout)
      throws TransportException, InterruptedException {
    CompletableFuture<List<InetAddress>> found = new CompletableFuture<>();
    StreamRuntime.Signal signal = runtime.newSignal();
    runtime.execute(() -> {
      try {
        List<InetAddress> addresses = List.of(resolver.resolve(host));
        if (addresses.isEmpty()) {
          throw new UnknownHostException(host);
        }
        found.complete(addresses);
      } catch (UnknownHostException | RuntimeException e) {
        found.completeExceptionally(e);
      } finally {
        signal.raise();
      }
    });
    if (!signal.await(found::isDone, timeout)) {
      throw new Unreachable("looking up the host " + host + whose + " took too long", null);
    }
    try {
      return inTurn(host, found.join());
    } catch (CompletionException e) {
      throw new Unreachable("the host " + host + whose + " is unknown", e.getCause());
    }
  }

  /** A message came from an address. */
  public void proved(String host, InetAddress address) {
    proven.put(host, address);
  }

  private List<InetAddress> inTurn(String host, List<InetAddress> found) {
    List<InetAddress> addresses = new ArrayList<>(new LinkedHashSet<>(found));
    if (addresses.size() > 1) {
      InetAddress first =
          begun.compute(
              host,
              (name, before) -> {
                InetAddress good = proven.remove(name);
                return good != null && addresses.contains(good)
                    ? good
                    // An address that DNS no longer has, or none, is before the first.
                    : addresses.get((addresses.indexOf(before) + 1) % addresses.size());
              });
      Collections.rotate(addresses, -addresses.indexOf(first));
    }
    return addresses;
  }
}
