package dev.perennial.source.mongo.internal.client;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import java.util.function.Supplier;
import org.bson.codecs.configuration.CodecRegistry;
import org.jspecify.annotations.Nullable;

/** A client, and whose it is. */
public interface ClientHandle {

  /** The client, made at the first call where it is ours. */
  MongoClient get();

  /** What the application reads documents with. */
  CodecRegistry codecs();

  /** Closes the client if it is ours. */
  void close();

  /** A client of the application's, which closes it. */
  record Given(MongoClient client) implements ClientHandle {

    @Override
    public MongoClient get() {
      return client;
    }

    @Override
    public CodecRegistry codecs() {
      return client.getCodecRegistry();
    }

    @Override
    public void close() {}
  }

  /** A client of ours. */
  final class Owned implements ClientHandle {

    private final Supplier<com.mongodb.MongoClientSettings> settings;
    private final CodecRegistry codecs;
    private @Nullable MongoClient client;
    private boolean closed;

    /**
     * @param settings asked for once, when the client is made, which may look names up
     */
    Owned(Supplier<com.mongodb.MongoClientSettings> settings, CodecRegistry codecs) {
      this.settings = settings;
      this.codecs = codecs;
    }

    @Override
    public synchronized MongoClient get() {
      if (closed) {
        throw new IllegalStateException(
            "Cannot connect to MongoDB: the source is closed. Build a new source for a new stream.");
      }
      MongoClient made = client;
      if (made == null) {
        made = MongoClients.create(settings.get());
        client = made;
      }
      return made;
    }

    @Override
    public CodecRegistry codecs() {
      return codecs;
    }

    @Override
    public synchronized void close() {
      closed = true;
      if (client != null) {
        client.close();
      }
    }
  }
}
