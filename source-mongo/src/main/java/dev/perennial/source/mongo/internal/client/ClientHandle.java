package dev.perennial.source.mongo.internal.client;

import com.mongodb.MongoClientSettings;
import com.mongodb.ReadPreference;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.connection.ClusterConnectionMode;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ClusterType;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.MongoSourceException.Reason;
import dev.perennial.source.mongo.internal.error.ErrorKind;
import dev.perennial.source.mongo.internal.error.Interrupts;
import java.util.Objects;
import java.util.function.Supplier;
import org.bson.BsonDocument;
import org.bson.codecs.configuration.CodecRegistry;
import org.jspecify.annotations.Nullable;

/** A driver client together with its ownership: made by the source or given by the application. */
public interface ClientHandle {

  /** Returns the client. The first call creates a client that the source owns. */
  MongoClient get();

  /**
   * Returns the client for the commands of cursors, which all have to reach the server that has the
   * cursor.
   */
  MongoClient cursors();

  /** Returns the pin of a new cursor. */
  ServerPin newPin();

  /**
   * Checks that the client sends all commands of a cursor to the same server.
   *
   * @throws MongoSourceException if it may send them to different servers
   */
  void requireSameServer(ReadPreference preference) throws MongoSourceException;

  /**
   * Sends a command and returns the reply. Does not use the client's codecs, which may be others
   * than the driver's.
   *
   * @param preference null for the client's own
   */
  default BsonDocument ask(
      String database, BsonDocument command, @Nullable ReadPreference preference)
      throws InterruptedException {
    MongoClient client = get();
    return Interrupts.call(() ->
        client
            .getDatabase(database)
            .withCodecRegistry(MongoClientSettings.getDefaultCodecRegistry())
            .runCommand(
                command,
                preference == null ? client.getReadPreference() : preference,
                BsonDocument.class));
  }

  /** Returns the codecs with which the application reads documents. */
  CodecRegistry codecs();

  /** Closes the client if the source owns it. */
  void close();

  /** A client that the application owns and closes. */
  record Given(MongoClient client) implements ClientHandle {

    @Override
    public MongoClient get() {
      return client;
    }

    @Override
    public MongoClient cursors() {
      return client;
    }

    @Override
    public ServerPin newPin() {
      return ServerPin.none();
    }

    @Override
    public void requireSameServer(ReadPreference preference) throws MongoSourceException {
      ClusterDescription cluster = client.getClusterDescription();
      boolean balanced = cluster.getConnectionMode() == ClusterConnectionMode.LOAD_BALANCED;
      boolean sharded = cluster.getType() == ClusterType.SHARDED;
      boolean several = cluster.getServerDescriptions().size() > 1;
      if (balanced || (several && (sharded || !preference.equals(ReadPreference.primary())))) {
        throw new MongoSourceException(
            Reason.REJECTED,
            ErrorKind.SETTINGS,
            "Cannot read a change stream with the given MongoClient: with "
                + (balanced
                    ? "a load balancer"
                    : sharded
                        ? "several mongos"
                        : "the read preference " + preference.getName() + " and several members")
                + " its requests may not reach the server that has the cursor. Pass its"
                + " MongoClientSettings to MongoSource.builder() instead.",
            null);
      }
    }

    @Override
    public CodecRegistry codecs() {
      return client.getCodecRegistry();
    }

    @Override
    public void close() {}
  }

  /**
   * A client that the source makes, owns and closes. Behind a load balancer a cursor belongs to a
   * connection, so there the cursors have a client of their own with a single connection.
   */
  final class Owned implements ClientHandle {

    private final Supplier<MongoClientSettings> settings;
    private final ServerPin.Selector selector;
    private final CodecRegistry codecs;
    private @Nullable MongoClient client;
    private @Nullable MongoClient cursors;
    private boolean closed;

    /**
     * @param settings called once, when the client is made; the call may look up names in DNS
     * @param selector the selector in these settings
     */
    Owned(
        Supplier<MongoClientSettings> settings, ServerPin.Selector selector, CodecRegistry codecs) {
      this.settings = settings;
      this.selector = selector;
      this.codecs = codecs;
    }

    @Override
    public synchronized MongoClient get() {
      open();
      return Objects.requireNonNull(client);
    }

    @Override
    public synchronized MongoClient cursors() {
      open();
      return Objects.requireNonNull(cursors);
    }

    private void open() {
      if (closed) {
        throw new IllegalStateException(
            "Cannot connect to MongoDB: the source is closed. Build a new source for a new stream.");
      }
      if (client == null) {
        MongoClientSettings used = settings.get();
        client = MongoClients.create(used);
        cursors = client;
        if (used.getClusterSettings().getMode() == ClusterConnectionMode.LOAD_BALANCED) {
          cursors =
              MongoClients.create(
                  MongoClientSettings.builder(used)
                      .applyToConnectionPoolSettings(pool -> pool.minSize(0).maxSize(1))
                      .build());
        }
      }
    }

    @Override
    public ServerPin newPin() {
      return selector.newPin();
    }

    @Override
    public void requireSameServer(ReadPreference preference) {}

    @Override
    public CodecRegistry codecs() {
      return codecs;
    }

    @Override
    public synchronized void close() {
      closed = true;
      if (client != null && cursors != null) {
        client.close();
        // Has no effect on a client that is closed already.
        cursors.close();
      }
    }
  }
}
