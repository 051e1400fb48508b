package dev.perennial.source.mongo.internal.client;

import com.mongodb.ServerAddress;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ServerDescription;
import com.mongodb.selector.ServerSelector;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A server selector that directs a call to one server, if that server is among the candidates. The
 * driver selects a server on the calling thread. Only for a client that the source made; used by
 * one thread at a time.
 */
public final class SingleServerSelector implements ServerSelector {

  /** A call that sends a request to a server. */
  public interface Call<T> {
    T call() throws InterruptedException;
  }

  private record Choice(Thread thread, ServerAddress server) {}

  private volatile @Nullable Choice choice;

  public <T> T to(ServerAddress server, Call<T> call) throws InterruptedException {
    choice = new Choice(Thread.currentThread(), server);
    try {
      return call.call();
    } finally {
      choice = null;
    }
  }

  @Override
  public List<ServerDescription> select(ClusterDescription cluster) {
    List<ServerDescription> servers = cluster.getServerDescriptions();
    Choice now = choice;
    if (now == null || now.thread != Thread.currentThread()) {
      return servers;
    }
    List<ServerDescription> one =
        servers.stream().filter(server -> server.getAddress().equals(now.server)).toList();
    // With an empty list, the driver would wait until the server appears.
    return one.isEmpty() ? servers : one;
  }
}
