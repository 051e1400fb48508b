package dev.perennial.source.mongo.internal.client;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientException;
import com.mongodb.MongoClientSettings;
import com.mongodb.ServerAddress;
import com.mongodb.client.MongoClient;
import com.mongodb.connection.ServerMonitoringMode;
import com.mongodb.connection.ServerSettings;
import com.mongodb.selector.ServerSelector;
import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.internal.watch.OptionRanges;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.bson.codecs.configuration.CodecRegistries;
import org.bson.codecs.configuration.CodecRegistry;
import org.jspecify.annotations.Nullable;

/** The application's way to reach the servers: a connection string, settings or a client. */
public sealed interface ClientSpec {

  /** The schemes with which a connection string can begin. */
  List<String> SCHEMES = List.of("mongodb://", "mongodb+srv://");

  /** Returns the codecs with which the application reads documents. */
  CodecRegistry codecs();

  /** Returns the servers' addresses without any other part of the settings, for logs. */
  String hosts();

  /**
   * Returns a handle for the client. Does no I/O.
   *
   * @param readTimeout the source's setting; null if it is not set
   * @throws IllegalArgumentException if the client's settings do not fit a change stream or these
   *     times
   */
  ClientHandle handle(@Nullable Duration readTimeout, Duration maxAwaitTime);

  /**
   * Parses a connection string. Looks up nothing in DNS; the creation of the client does.
   *
   * @throws IllegalArgumentException if it is not valid; the message quotes nothing of it
   */
  static ClientSpec of(String connectionString) {
    ConnectionString parsed;
    MongoClientSettings checked;
    try {
      parsed = new ConnectionString(connectionString, (name, type) -> List.of());
      checked = settings(parsed);
    } catch (IllegalArgumentException | MongoClientException e) {
      throw invalid(connectionString);
    }
    return new Owned(
        checked,
        parsed.isSrvProtocol()
            ? () -> settings(new ConnectionString(connectionString))
            : () -> checked);
  }

  static ClientSpec of(MongoClientSettings settings) {
    return new Owned(settings, () -> settings);
  }

  static ClientSpec of(MongoClient client) {
    return new Given(client);
  }

  private static MongoClientSettings settings(ConnectionString from) {
    return MongoClientSettings.builder().applyConnectionString(from).build();
  }

  /**
   * Creates the error for an invalid connection string, without the driver's message. The driver
   * quotes parts of the string, and in an invalid string any part may be a password.
   */
  private static IllegalArgumentException invalid(String text) {
    return new IllegalArgumentException(
        SCHEMES.stream().noneMatch(text::startsWith)
            ? "Cannot use the connection string: it does not begin with mongodb:// or mongodb+srv://. Correct"
                + " its beginning."
            : "Cannot use the connection string, which is not shown because it may contain a password: it is"
                + " not valid. Check hosts, ports and options, and percent-encode each of : / ? # [ ] @ % in"
                + " user and password, but not the @ before the hosts.");
  }

  /** The settings of a client that the source makes. */
  final class Owned implements ClientSpec {

    private static final Duration LEAST_READ_TIMEOUT = Duration.ofSeconds(60);

    private final MongoClientSettings known;
    private final Supplier<MongoClientSettings> settings;

    /**
     * @param known the settings as far as they are known without DNS
     */
    Owned(MongoClientSettings known, Supplier<MongoClientSettings> settings) {
      this.known = known;
      this.settings = settings;
    }

    /** Combines the codecs as the driver's own client does. */
    @Override
    public CodecRegistry codecs() {
      return CodecRegistries.withUuidRepresentation(
          known.getCodecRegistry(), known.getUuidRepresentation());
    }

    @Override
    public String hosts() {
      String srv = known.getClusterSettings().getSrvHost();
      return srv != null
          ? srv
          : known.getClusterSettings().getHosts().stream()
              .map(ServerAddress::toString)
              .collect(Collectors.joining(","));
    }

    @Override
    public ClientHandle handle(@Nullable Duration readTimeout, Duration maxAwaitTime) {
      ClientSettingsCheck.check(known);
      int millis = Math.toIntExact(readTimeout(readTimeout, maxAwaitTime).toMillis());
      ServerPin.Selector selector =
          new ServerPin.Selector(known.getClusterSettings().getServerSelector());
      return new ClientHandle.Owned(
          () -> watched(settings.get(), millis, selector), selector, codecs());
    }

    public static MongoClientSettings watched(
        MongoClientSettings settings, int readTimeoutMillis, ServerSelector selector) {
      return MongoClientSettings.builder(settings)
          .applyToSocketSettings(
              socket -> socket.readTimeout(readTimeoutMillis, TimeUnit.MILLISECONDS))
          .applyToClusterSettings(cluster -> cluster.serverSelector(selector))
          .applyToServerSettings(Owned::pollUnlessChosen)
          .build();
    }

    /**
     * Polls with the server monitor, unless the application chose a mode. A member that reports
     * shutdown but still answers is UNKNOWN to the driver until the next answer to its monitor. A
     * streaming monitor waits for that answer for up to the heartbeat interval (10 s), even if a
     * request needs the member; a polling monitor asks again at once.
     */
    private static void pollUnlessChosen(ServerSettings.Builder server) {
      if (server.build().getServerMonitoringMode() == ServerMonitoringMode.AUTO) {
        server.serverMonitoringMode(ServerMonitoringMode.POLL);
      }
    }

    public Duration readTimeout(@Nullable Duration set, Duration maxAwaitTime) {
      if (set != null) {
        OptionRanges.readTimeout(set);
        return checked(set, maxAwaitTime, "a readTimeout");
      }
      Duration given =
          checked(
              Duration.ofMillis(known.getSocketSettings().getReadTimeout(TimeUnit.MILLISECONDS)),
              maxAwaitTime,
              "a client with a read timeout (socketTimeoutMS)");
      return Collections.max(
          List.of(given, LEAST_READ_TIMEOUT, maxAwaitTime.plus(OptionRanges.READ_SLACK)));
    }

    private static Duration checked(Duration timeout, Duration maxAwaitTime, String name) {
      if (!timeout.isZero() && timeout.compareTo(maxAwaitTime) <= 0) {
        throw new IllegalArgumentException(
            ("Cannot use %s of %s: the server waits for up to maxAwaitTime, %s, before it answers, so"
                    + " every wait would end in an error. Set a longer one, or a shorter maxAwaitTime.")
                .formatted(name, LogText.duration(timeout), LogText.duration(maxAwaitTime)));
      }
      return timeout;
    }
  }

  /** A client that the application owns. */
  record Given(MongoClient client) implements ClientSpec {

    @Override
    public CodecRegistry codecs() {
      return client.getCodecRegistry();
    }

    @Override
    public String hosts() {
      return "the servers of a given client";
    }

    @Override
    public ClientHandle handle(@Nullable Duration readTimeout, Duration maxAwaitTime) {
      ClientSettingsCheck.check(client);
      if (readTimeout != null) {
        throw new IllegalArgumentException(
            "Cannot set readTimeout on a client that was given: only its owner can. Set it in the client's own"
                + " socket settings, to at least 60 s and 10 s more than maxAwaitTime.");
      }
      return new ClientHandle.Given(client);
    }
  }
}
