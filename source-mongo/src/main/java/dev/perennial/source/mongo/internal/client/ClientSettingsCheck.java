package dev.perennial.source.mongo.internal.client;

import com.mongodb.AutoEncryptionSettings;
import com.mongodb.MongoClientSettings;
import com.mongodb.ReadConcern;
import com.mongodb.ReadConcernLevel;
import com.mongodb.client.MongoClient;
import com.mongodb.client.SynchronousContextProvider;
import com.mongodb.connection.TransportSettings;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A check of a client's settings before the first request. It refuses settings with which no change
 * stream can be read and accepts all others unchanged; the guide to MongoDB lists them.
 */
final class ClientSettingsCheck {

  /** Read concerns that promise more than majority, which is the one that change streams use. */
  private static final Set<ReadConcernLevel> TOO_STRONG =
      Set.of(ReadConcernLevel.LINEARIZABLE, ReadConcernLevel.SNAPSHOT);

  /** A class given by name, because the oldest supported driver does not have it. */
  private static final String ASYNCHRONOUS = "com.mongodb.connection.AsyncTransportSettings";

  private ClientSettingsCheck() {}

  /**
   * Checks the settings of a client that the source will make.
   *
   * @throws IllegalArgumentException if a client with these settings cannot read a change stream
   */
  static void check(MongoClientSettings settings) {
    operationTimeout(settings.getTimeout(TimeUnit.MILLISECONDS));
    readConcern(settings.getReadConcern());
    TransportSettings transport = settings.getTransportSettings();
    if (transport != null && transport.getClass().getName().equals(ASYNCHRONOUS)) {
      throw refused(
          "transportSettings of the asynchronous kind",
          "the driver's synchronous client cannot use them",
          "Use TransportSettings.nettyBuilder(), or leave it out");
    }
    if (settings.getContextProvider() != null
        && !(settings.getContextProvider() instanceof SynchronousContextProvider)) {
      throw refused(
          "a contextProvider that is not a SynchronousContextProvider",
          "the driver's synchronous client accepts no other",
          "Leave it out");
    }
    AutoEncryptionSettings encryption = settings.getAutoEncryptionSettings();
    if (encryption != null
        && !encryption.isBypassAutoEncryption()
        && !encryption.isBypassQueryAnalysis()) {
      throw refused(
          "autoEncryptionSettings that encrypt",
          "the analysis of queries does not know $changeStream",
          "Set bypassAutoEncryption(true) on them; the source still decrypts what is encrypted in an event");
    }
  }

  /**
   * Checks a client that the application gave, as far as the client shows its settings.
   *
   * @throws IllegalArgumentException if a client with these settings cannot read a change stream
   */
  static void check(MongoClient client) {
    operationTimeout(client.getTimeout(TimeUnit.MILLISECONDS));
    readConcern(client.getReadConcern());
  }

  private static void operationTimeout(@Nullable Long millis) {
    if (millis != null) {
      throw refused(
          "timeoutMS, " + millis + " ms",
          "that limits whole operations and turns read timeouts off, but a change stream has no end",
          "Leave it out");
    }
  }

  private static void readConcern(ReadConcern concern) {
    ReadConcernLevel level = concern.getLevel();
    if (level != null && TOO_STRONG.contains(level)) {
      throw refused(
          "the readConcern " + level.getValue(),
          "change streams have only majority",
          "Use majority, or leave it out");
    }
  }

  private static IllegalArgumentException refused(String what, String why, String remedy) {
    return new IllegalArgumentException(
        "Cannot use the client: it has " + what + ", and " + why + ". " + remedy + ".");
  }
}
