package dev.perennial.checkpoint.redis.internal;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.SocketAddressResolver;
import java.time.Duration;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;

/**
 * A factory of connections to Redis, with the store's own client or the application's. Safe for use
 * from any thread.
 */
public interface Connector {

  /**
   * A Lettuce connection, which the store closes.
   *
   * @param tellsWhetherOpen whether {@link StatefulConnection#isOpen} says if it is usable
   */
  record LettuceConnection(
      StatefulConnection<String, String> connection,
      RedisClusterAsyncCommands<String, String> commands,
      boolean tellsWhetherOpen) {

    private static LettuceConnection of(StatefulRedisConnection<String, String> connection) {
      return new LettuceConnection(connection, connection.async(), true);
    }

    private static LettuceConnection of(StatefulRedisClusterConnection<String, String> connection) {
      return new LettuceConnection(connection, connection.async(), false);
    }

    boolean isUsable() {
      return !tellsWhetherOpen || connection.isOpen();
    }
  }

  /**
   * Connects. Blocks as long as the client's own timeouts allow.
   *
   * @throws RuntimeException as Lettuce throws it
   */
  LettuceConnection connect();

  /** Takes note of a failed call, before the next {@link #connect}. Never blocks or throws. */
  default void callFailed() {}

  /** Returns whether some keys can be out of reach while others are not. */
  default boolean hasSeveralServers() {
    return false;
  }

  /** Returns the address of Redis for messages, without credentials. */
  String address();

  /** Closes the client if it is the store's own. */
  default void close() {}

  /** Makes a connector with a client of its own. */
  static Connector own(RedisURI uri, Duration timeout) {
    return new Own(uri, timeout);
  }

  /** Makes a connector with the application's client, which it does not close. */
  static Connector given(RedisClient client) {
    return new Connector() {
      @Override
      public LettuceConnection connect() {
        return LettuceConnection.of(client.connect(StringCodec.UTF8));
      }

      @Override
      public String address() {
        return "Redis";
      }
    };
  }

  /** Makes a connector with the application's client, which it does not close. */
  static Connector given(RedisClusterClient client) {
    return new Connector() {
      @Override
      public LettuceConnection connect() {
        return LettuceConnection.of(client.connect(StringCodec.UTF8));
      }

      @Override
      public void callFailed() {
        // Without a refresh of its own, the client would keep using a node that is down.
        client.refreshPartitionsAsync();
      }

      @Override
      public boolean hasSeveralServers() {
        return true;
      }

      @Override
      public String address() {
        return "the Redis Cluster";
      }
    };
  }

  /** A connector with a client of its own. */
  final class Own implements Connector {

    private static final int THREADS = 2;
    private static final int SHUTDOWN_SECONDS = 2;

    /** Far more calls than all streams have in flight; it bounds the memory that a bug can take. */
    private static final int QUEUE = 10_000;

    private final RedisURI uri;
    private final ClientResources resources;
    private final RedisClient client;

    private Own(RedisURI given, Duration timeout) {
      uri = copy(given, timeout);
      resources =
          DefaultClientResources.builder()
              .ioThreadPoolSize(THREADS)
              .computationThreadPoolSize(THREADS)
              .threadFactoryProvider(pool ->
                  task -> {
                    Thread thread = new Thread(task, "perennial-redis-" + pool);
                    thread.setDaemon(true);
                    return thread;
                  })
              .socketAddressResolver(SocketAddressResolver.create(RedisAddress::zoned))
              .build();
      client = RedisClient.create(resources, uri);
      ClientOptions.Builder options =
          ClientOptions.builder()
              // The next call replaces a lost connection and sees its failure: nothing is sent
              // twice, and nothing waits for a server to return.
              .autoReconnect(false)
              .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
              .requestQueueSize(QUEUE)
              .socketOptions(
                  SocketOptions.builder().connectTimeout(timeout).keepAlive(true).build());
      LettuceSupport.withoutMaintenanceNotifications(options);
      client.setOptions(options.build());
    }

    private static RedisURI copy(RedisURI given, Duration timeout) {
      RedisURI.Builder copy = RedisURI.builder(given).withTimeout(timeout);
      // Lettuce's own copy of an address omits the Sentinels.
      given.getSentinels().forEach(one -> copy.withSentinel(copy(one, timeout)));
      if (given.getSentinelMasterId() != null) {
        copy.withSentinelMasterId(given.getSentinelMasterId());
      }
      return copy.build();
    }

    @Override
    public LettuceConnection connect() {
      return LettuceConnection.of(client.connect(StringCodec.UTF8));
    }

    @Override
    public String address() {
      if (uri.getSocket() != null) {
        return "Redis at " + uri.getSocket();
      }
      if (uri.getSentinels().isEmpty()) {
        return "Redis at " + RedisAddress.shown(uri);
      }
      StringJoiner sentinels = new StringJoiner(", ");
      uri.getSentinels().forEach(one -> sentinels.add(RedisAddress.shown(one)));
      return "Redis \"" + uri.getSentinelMasterId() + "\" of the Sentinels at " + sentinels;
    }

    @Override
    public void close() {
      client.shutdown(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS);
      resources.shutdown(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS);
    }
  }
}
