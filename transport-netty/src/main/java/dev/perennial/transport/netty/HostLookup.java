package dev.perennial.transport.netty;

import dev.perennial.port.StreamRuntime;
import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Unreachable;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Finds a host's addresses. The JDK's lookup can hang and minds neither timeouts nor interrupts, so
 * it runs on a thread that nobody waits for longer than they want, and never on an event loop,
 * where it would hold up every channel.
 */
final class HostLookup {

  /** Does the looking up; may block. */
  interface Resolver {
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  private final Resolver resolver;
  private final StreamRuntime runtime;

  HostLookup(Resolver resolver, StreamRuntime runtime) {
    this.resolver = resolver;
    this.runtime = runtime;
  }

  List<InetAddress> addresses(String host, Duration timeout)
      throws TransportException, InterruptedException {
    CompletableFuture<List<InetAddress>> found = new CompletableFuture<>();
    StreamRuntime.Signal signal = runtime.newSignal();
    runtime.execute(() -> {
      try {
        found.complete(List.of(resolver.resolve(host)));
      } catch (UnknownHostException | RuntimeException e) {
        found.completeExceptionally(e);
      } finally {
        signal.raise();
      }
    });
    if (!signal.await(found::isDone, timeout)) {
      throw new Unreachable("looking up the host " + host + " took too long", null);
    }
    try {
      return found.join();
    } catch (CompletionException e) {
      throw new Unreachable("the host " + host + " is unknown", e.getCause());
    }
  }
}
