package dev.perennial.transport.netty.internal.address;

import dev.perennial.port.StreamRuntime;
import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Unreachable;
import dev.perennial.port.support.LogText;
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
 * A lookup of host addresses with a timeout. The JDK's lookup can hang and obeys neither timeouts
 * nor interrupts, so it runs on a thread of its own and the caller waits only for its timeout. The
 * lookup never runs on an event loop, where it would block every channel. Safe for use from any
 * thread.
 */
public final class HostLookup {

  /** A resolver of host names. It may block. */
  public interface Resolver {
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  private final Resolver resolver;
  private final StreamRuntime runtime;

  /**
   * The address with which the last attempt began, by host; only for hosts with several addresses.
   */
  private final Map<String, InetAddress> lastFirst = new ConcurrentHashMap<>();

  /** The address from which a message came, by host, until an attempt has begun with it. */
  private final Map<String, InetAddress> working = new ConcurrentHashMap<>();

  /** Creates a lookup that runs the resolver on the runtime's threads. */
  public HostLookup(Resolver resolver, StreamRuntime runtime) {
    this.resolver = resolver;
    this.runtime = runtime;
  }

  /**
   * Returns the addresses in the order in which to try them. Each call begins with the next
   * address, or once with the address from which a message came.
   *
   * @param hostSuffix the text after the host in an error message
   */
  public List<InetAddress> addresses(String host, String hostSuffix, Duration timeout)
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
      throw new Unreachable(
          "Cannot look up the host "
              + host
              + hostSuffix
              + ": there was no answer within "
              + LogText.duration(timeout)
              + ". Check DNS, or raise the connect timeout.",
          null);
    }
    try {
      return rotated(host, found.join());
    } catch (CompletionException e) {
      throw new Unreachable(
          "Cannot look up the host "
              + host
              + hostSuffix
              + ": the lookup failed. Check the name and DNS.",
          e.getCause());
    }
  }

  /** Remembers that a message came from an address, so the next attempt begins with it. */
  public void noteWorking(String host, InetAddress address) {
    working.put(host, address);
  }

  private List<InetAddress> rotated(String host, List<InetAddress> found) {
    List<InetAddress> addresses = new ArrayList<>(new LinkedHashSet<>(found));
    if (addresses.size() > 1) {
      InetAddress first =
          lastFirst.compute(
              host,
              (name, before) -> {
                InetAddress good = working.remove(name);
                return good != null && addresses.contains(good)
                    ? good
                    // If there was no earlier attempt, or DNS no longer returns its address, the
                    // index is -1 and the first address is next.
                    : addresses.get((addresses.indexOf(before) + 1) % addresses.size());
              });
      Collections.rotate(addresses, -addresses.indexOf(first));
    }
    return addresses;
  }
}
