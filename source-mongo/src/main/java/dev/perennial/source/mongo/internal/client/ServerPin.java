package dev.perennial.source.mongo.internal.client;

import com.mongodb.MongoServerUnavailableException;
import com.mongodb.ServerAddress;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ClusterSettings;
import com.mongodb.connection.ServerDescription;
import com.mongodb.selector.ServerSelector;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The server of one cursor. The first call through a pin chooses a server, and all later ones go to
 * the same server or fail. Safe for use from any thread.
 */
public final class ServerPin {

  /** The pin of the call that the thread is in. The driver selects a server on that thread. */
  private final @Nullable ThreadLocal<@Nullable ServerPin> current;

  private volatile @Nullable ServerDescription server;

  private ServerPin(@Nullable ThreadLocal<@Nullable ServerPin> current) {
    this.current = current;
  }

  /** Returns a pin without effect, for a client without a {@link Selector}. */
  static ServerPin none() {
    return new ServerPin(null);
  }

  /**
   * Returns the result of a call that sends one command. The pin applies only to the first server
   * that the driver selects in the call. An encrypting client selects others in the same call, for
   * its keys.
   */
  public <T> T call(Supplier<T> call) {
    if (current == null) {
      return call.get();
    }
    current.set(this);
    try {
      return call.get();
    } finally {
      current.remove();
    }
  }

  /** Returns the server; null if it is unknown. */
  public @Nullable ServerDescription server() {
    return server;
  }

  private List<ServerDescription> choose(List<ServerDescription> candidates, long threshold) {
    long fastest =
        candidates.stream().mapToLong(ServerDescription::getRoundTripTimeNanos).min().orElse(0);
    List<ServerDescription> near =
        candidates.stream()
            .filter(candidate -> candidate.getRoundTripTimeNanos() - fastest <= threshold)
            .toList();
    if (near.isEmpty()) {
      return near;
    }
    ServerDescription chosen = near.get(ThreadLocalRandom.current().nextInt(near.size()));
    server = chosen;
    return List.of(chosen);
  }

  private static List<ServerDescription> only(
      ServerAddress pinned, List<ServerDescription> candidates) {
    List<ServerDescription> one =
        candidates.stream().filter(server -> server.getAddress().equals(pinned)).toList();
    if (one.isEmpty()) {
      // With an empty list, the driver would wait until the server appears.
      throw new MongoServerUnavailableException(
          "the server " + pinned + ", which has the cursor, is not available");
    }
    return one;
  }

  /**
   * A server selector that directs calls through a pin to its server, and leaves all others to the
   * application's own selector.
   */
  public static final class Selector implements ServerSelector {

    @SuppressWarnings("ThreadLocalUsage") // One for each client; no value stays behind a call.
    private final ThreadLocal<@Nullable ServerPin> current = new ThreadLocal<>();

    private final @Nullable ServerSelector given;

    /**
     * @param given the application's selector; null if there is none
     */
    public Selector(@Nullable ServerSelector given) {
      this.given = given;
    }

    public ServerPin newPin() {
      return new ServerPin(current);
    }

    @Override
    public List<ServerDescription> select(ClusterDescription cluster) {
      ServerPin pin = current.get();
      if (pin == null) {
        return candidates(cluster);
      }
      ServerDescription pinned = pin.server;
      List<ServerDescription> selected =
          pinned == null
              ? pin.choose(candidates(cluster), threshold(cluster))
              : only(pinned.getAddress(), cluster.getServerDescriptions());
      if (!selected.isEmpty()) {
        current.remove();
      }
      return selected;
    }

    private List<ServerDescription> candidates(ClusterDescription cluster) {
      return given == null ? cluster.getServerDescriptions() : given.select(cluster);
    }

    private static long threshold(ClusterDescription cluster) {
      ClusterSettings settings = cluster.getClusterSettings();
      return settings == null ? Long.MAX_VALUE : settings.getLocalThreshold(TimeUnit.NANOSECONDS);
    }
  }
}
