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

/** Makes connections to Redis, with our own client or a given one. Safe for use from any thread. */
public interface Connector {

  /**
   * A connection, which is ours to close.
   *
   * @param tellsWhetherOpen whether {@link StatefulConnection#isOpen} says that it can be used
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
   * Connects, which takes as long as the client's own timeouts let it.
   *
   * @throws RuntimeException of Lettuce's
   */
  LettuceConnection connect();

  /**
   * Notes that something did not work, before the next {@link #connect}. Never blocks or throws.
   */
  default void troubled() {}

  /** Whether some keys may be out of reach and others not. */
  default boolean hasSeveralServers() {
    return false;
  }

  /** Where Redis is, without any credentials. */
  String address();

  /** Closes the client if it is ours. */
  default void close() {}

  /** With a client of our own. */
  static Connector own(RedisURI uri, Duration timeout) {
    return new Own(uri, timeout);
  }

  /** With a client that stays theirs. */
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

  /** With a client that stays theirs. */
  static Connector given(RedisClusterClient client) {
    return new Connector() {
      @Override
      public LettuceConnection connect() {
        return LettuceConnection.of(client.connect(StringCodec.UTF8));
      }

      @Override
      public void troubled() {
        // Unless its owner has it look by itself, the client would stay with a node that is dead.
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

  /** Our own client. */
  final class Own implements Connector {

    private static final int THREADS = 2;
    private static final int SHUTDOWN_SECONDS = 2;

    /** Far more than all streams together have under way; it keeps a mistake from taking memory. */
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
              // A lost connection is replaced by the next call, which knows what became of it:
              // nothing is sent twice, and nothing waits for a server to come back.
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
      // Lettuce's own way to copy an address leaves the Sentinels out.
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
