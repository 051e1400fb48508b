package dev.perennial.source.mongo.internal.client;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import java.util.function.Supplier;
import org.bson.codecs.configuration.CodecRegistry;
import org.jspecify.annotations.Nullable;

/** A driver client together with its ownership: made by the source or given by the application. */
public interface ClientHandle {

  /** Returns the client. The first call creates a client that the source owns. */
  MongoClient get();

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
    public CodecRegistry codecs() {
      return client.getCodecRegistry();
    }

    @Override
    public void close() {}
  }

  /** A client that the source makes, owns and closes. */
  final class Owned implements ClientHandle {

    private final Supplier<com.mongodb.MongoClientSettings> settings;
    private final CodecRegistry codecs;
    private @Nullable MongoClient client;
    private boolean closed;

    /**
     * @param settings called once, when the client is made; the call may look up names in DNS
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
