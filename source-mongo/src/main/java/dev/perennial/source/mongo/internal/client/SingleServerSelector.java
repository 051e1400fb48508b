package dev.perennial.source.mongo.internal.client;

import com.mongodb.ServerAddress;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ServerDescription;
import com.mongodb.selector.ServerSelector;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Leads what is asked in a call to one server, if that is among those that fit. The driver chooses
 * a server on the thread that asks. Only of a client of ours, and used by one thread at a time.
 */
public final class SingleServerSelector implements ServerSelector {

  /** Something that asks a server. */
  public interface Call<T> {
    T call() throws InterruptedException;
  }

  private record Pinned(Thread thread, ServerAddress server) {}

  private volatile @Nullable Pinned pinned;

  public <T> T to(ServerAddress server, Call<T> call) throws InterruptedException {
    pinned = new Pinned(Thread.currentThread(), server);
    try {
      return call.call();
    } finally {
      pinned = null;
    }
  }

  @Override
  public List<ServerDescription> select(ClusterDescription cluster) {
    List<ServerDescription> servers = cluster.getServerDescriptions();
    Pinned now = pinned;
    if (now == null || now.thread != Thread.currentThread()) {
      return servers;
    }
    List<ServerDescription> one =
        servers.stream().filter(server -> server.getAddress().equals(now.server)).toList();
    // None would have the driver wait for it.
    return one.isEmpty() ? servers : one;
  }
}
