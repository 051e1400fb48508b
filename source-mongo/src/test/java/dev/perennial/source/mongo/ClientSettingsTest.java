package dev.perennial.source.mongo;

import static dev.perennial.source.mongo.Rig.next;
import static dev.perennial.source.mongo.Rig.rig;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.AutoEncryptionSettings;
import com.mongodb.ConnectionString;
import com.mongodb.ContextProvider;
import com.mongodb.LoggerSettings;
import com.mongodb.MongoClientSettings;
import com.mongodb.ReadConcern;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.SynchronousContextProvider;
import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Filters;
import com.mongodb.connection.ClusterSettings;
import com.mongodb.connection.ConnectionPoolSettings;
import com.mongodb.connection.ProxySettings;
import com.mongodb.connection.ServerMonitoringMode;
import com.mongodb.connection.ServerSettings;
import com.mongodb.connection.SocketSettings;
import com.mongodb.connection.SslSettings;
import com.mongodb.connection.TransportSettings;
import com.mongodb.event.CommandListener;
import com.mongodb.event.CommandStartedEvent;
import dev.perennial.EventStream;
import dev.perennial.source.mongo.internal.client.ClientSpec;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.UuidRepresentation;
import org.bson.codecs.configuration.CodecRegistries;
import org.bson.codecs.pojo.PojoCodecProvider;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of the settings of the client. */
class ClientSettingsTest {

  private static final UUID ID = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");

  /** What an application may decode a document as. */
  public static final class Order {
    public UUID customer = new UUID(0, 0);
  }

  private static MongoClientSettings.Builder settings(Rig rig) {
    return MongoClientSettings.builder()
        .applyConnectionString(new ConnectionString(rig.servers.connectionString()));
  }

  private static MongoSourceBuilder watching(MongoSourceBuilder builder) {
    return builder.watch(Scope.parse(Rig.ORDERS)).maxAwaitTime(Duration.ofMillis(100));
  }

  private static MongoSourceBuilder local(MongoClientSettings.Builder settings) {
    return watching(MongoSource.builder(settings.build()));
  }

  /** The ways to say how a UUID is stored. */
  enum Way {
    STRING,
    SETTINGS,
    CLIENT
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a UUID is read and asked for as the client's uuidRepresentation says")
  void uuidRepresentation(Way way) throws Exception {
    try (Rig rig = rig()) {
      MongoClientSettings settings =
          settings(rig)
              .uuidRepresentation(UuidRepresentation.STANDARD)
              .codecRegistry(
                  CodecRegistries.fromRegistries(
                      MongoClientSettings.getDefaultCodecRegistry(),
                      CodecRegistries.fromProviders(
                          PojoCodecProvider.builder().register(Order.class).build())))
              .build();
      try (MongoClient client = MongoClients.create(settings)) {
        MongoSourceBuilder builder =
            switch (way) {
              case STRING ->
                  MongoSource.builder(
                      rig.servers.connectionString() + "&uuidRepresentation=standard");
              case SETTINGS -> MongoSource.builder(settings);
              case CLIENT -> MongoSource.builder(client);
            };
        MongoSource source =
            watching(builder)
                .pipeline(List.of(Aggregates.match(Filters.eq("fullDocument.customer", ID))))
                .build();
        try (EventStream<ChangeEvent> stream = rig.live(source)) {
          rig.servers.insert(
              Rig.ORDERS,
              BsonDocument.parse("{_id: 1}").append("customer", new BsonBinary(UUID.randomUUID())));
          rig.servers.insert(
              Rig.ORDERS, BsonDocument.parse("{_id: 2}").append("customer", new BsonBinary(ID)));

          Change change = (Change) next(stream).event();

          assertThat(change.fullDocument().document().orElseThrow().get("customer")).isEqualTo(ID);
          if (way != Way.STRING) {
            assertThat(change.fullDocument().as(Order.class).orElseThrow().customer).isEqualTo(ID);
          }
        }
      }
    }
  }

  @Test
  @DisplayName("a value that the codecs do not write is refused when the source is built")
  void unwritable() {
    MongoSourceBuilder builder =
        watching(MongoSource.builder("mongodb://localhost"))
            .pipeline(List.of(Aggregates.match(Filters.eq("fullDocument.customer", ID))));

    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("pipeline", "uuidRepresentation");
  }

  @ParameterizedTest
  @ValueSource(strings = {"linearizable", "snapshot"})
  @DisplayName("a read concern that promises more than a change stream has is refused")
  void readConcern(String level) {
    String uri = "mongodb://localhost/?readConcernLevel=" + level;
    try (MongoClient client = MongoClients.create(uri)) {
      for (MongoSourceBuilder builder :
          List.of(MongoSource.builder(uri), MongoSource.builder(client))) {
        assertThatThrownBy(watching(builder)::build)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContainingAll("readConcern", level, "majority");
      }
    }
    for (String weaker : List.of("local", "available", "majority")) {
      watching(MongoSource.builder("mongodb://localhost/?readConcernLevel=" + weaker))
          .build()
          .close();
    }
    local(MongoClientSettings.builder().readConcern(ReadConcern.DEFAULT)).build().close();
  }

  @Test
  @DisplayName(
      "what the driver's synchronous client cannot use is refused when the source is built")
  void synchronous() {
    ContextProvider reactive = new ContextProvider() {};
    SynchronousContextProvider synchronous = () -> null;

    assertRefused(
        MongoClientSettings.builder().transportSettings(TransportSettings.asyncBuilder().build()),
        "transportSettings");
    assertRefused(MongoClientSettings.builder().contextProvider(reactive), "contextProvider");
    local(MongoClientSettings.builder().contextProvider(synchronous)).build().close();
  }

  @Test
  @DisplayName("encryption that would look at the pipeline is refused, decryption is not")
  void encryption() {
    AutoEncryptionSettings.Builder encryption =
        AutoEncryptionSettings.builder()
            .keyVaultNamespace("keys.keys")
            .kmsProviders(Map.of("local", Map.of("key", new byte[96])));

    assertRefused(
        MongoClientSettings.builder().autoEncryptionSettings(encryption.build()),
        "bypassAutoEncryption");
    local(
            MongoClientSettings.builder()
                .autoEncryptionSettings(encryption.bypassAutoEncryption(true).build()))
        .build()
        .close();
    local(
            MongoClientSettings.builder()
                .autoEncryptionSettings(
                    encryption.bypassAutoEncryption(false).bypassQueryAnalysis(true).build()))
        .build()
        .close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"loadBalanced=true&maxPoolSize=1", "maxPoolSize=1"})
  @DisplayName("one connection is enough, also behind a load balancer")
  void oneConnection(String options) {
    assertThatNoException()
        .isThrownBy(
            () -> watching(MongoSource.builder("mongodb://localhost/?" + options)).build().close());
  }

  private static void assertRefused(MongoClientSettings.Builder settings, String words) {
    assertThatThrownBy(local(settings)::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(words);
  }

  @Test
  @DisplayName("a client of the source's own has the settings that it was given, but for three")
  void handedOn() throws Exception {
    MongoClientSettings given =
        MongoClientSettings.builder()
            .applyConnectionString(
                new ConnectionString(
                    "mongodb://u:p@localhost/?replicaSet=rs&retryReads=false&appName=it"
                        + "&readPreference=nearest&compressors=zlib&heartbeatFrequencyMS=2500"
                        + "&maxPoolSize=7&proxyHost=p&connectTimeoutMS=77&localThresholdMS=3"))
            .addCommandListener(new CommandListener() {})
            .build();
    MongoClientSettings used = ClientSpec.Owned.watched(given, 61_000, cluster -> List.of());

    for (Method getter : MongoClientSettings.class.getMethods()) {
      boolean ours =
          Set.of("getClusterSettings", "getServerSettings", "getSocketSettings")
              .contains(getter.getName());
      if (getter.getParameterCount() == 0
          && !Modifier.isStatic(getter.getModifiers())
          && getter.getDeclaringClass() == MongoClientSettings.class
          && getter.getName().matches("(get|is).+")
          && !ours) {
        assertThat(getter.invoke(used)).as(getter.getName()).isEqualTo(getter.invoke(given));
      }
    }
    assertThat(used.getSocketSettings())
        .isEqualTo(
            SocketSettings.builder(given.getSocketSettings())
                .readTimeout(61, TimeUnit.SECONDS)
                .build());
    assertThat(used.getServerSettings())
        .isEqualTo(
            ServerSettings.builder(given.getServerSettings())
                .serverMonitoringMode(ServerMonitoringMode.POLL)
                .build());
    assertThat(used.getClusterSettings())
        .isEqualTo(
            ClusterSettings.builder(given.getClusterSettings())
                .serverSelector(used.getClusterSettings().getServerSelector())
                .build());
    MongoClientSettings streaming =
        MongoClientSettings.builder(given)
            .applyToServerSettings(s -> s.serverMonitoringMode(ServerMonitoringMode.STREAM))
            .build();
    assertThat(
            ClientSpec.Owned.watched(streaming, 61_000, cluster -> List.of())
                .getServerSettings()
                .getServerMonitoringMode())
        .isEqualTo(ServerMonitoringMode.STREAM);
  }

  @Test
  @DisplayName("listeners, the application's name and the server's API reach the driver")
  void inUse() throws Exception {
    Set<String> heard = new ConcurrentSkipListSet<>();
    try (Rig rig = rig()) {
      MongoClientSettings settings =
          settings(rig)
              .applicationName("it")
              .addCommandListener(
                  new CommandListener() {
                    @Override
                    public void commandStarted(CommandStartedEvent event) {
                      heard.add(event.getCommandName());
                    }
                  })
              .build();
      MongoSource source = watching(MongoSource.builder(settings)).build();
      try (EventStream<ChangeEvent> stream = rig.live(source)) {
        rig.insert(1);
        assertThat(Rig.take(stream, 1)).containsExactly("insert 1");
      }
    }
    assertThat(heard).contains("ping", "aggregate", "getMore");
  }

  static Stream<Class<?>> builders() {
    return Stream.of(
        MongoClientSettings.Builder.class,
        ClusterSettings.Builder.class,
        SocketSettings.Builder.class,
        ProxySettings.Builder.class,
        ConnectionPoolSettings.Builder.class,
        ServerSettings.Builder.class,
        SslSettings.Builder.class,
        LoggerSettings.Builder.class);
  }

  @ParameterizedTest
  @MethodSource("builders")
  @DisplayName("the guide says of every setting of the driver what becomes of it")
  void everySetting(Class<?> builder) throws Exception {
    Set<String> settings =
        Arrays.stream(builder.getDeclaredMethods())
            .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
            .map(Method::getName)
            .filter(name -> !name.equals("build"))
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(documented()).containsAll(settings);
  }

  @Test
  @DisplayName("the guide says of every option of a connection string what becomes of it")
  @SuppressWarnings("unchecked")
  void everyOption() throws Exception {
    Field keys = ConnectionString.class.getDeclaredField("ALL_KEYS");
    keys.setAccessible(true);
    Set<String> options = new TreeSet<>((Set<String>) keys.get(null));

    assertThat(options).contains("uuidrepresentation", "timeoutms");
    assertThat(
            documented().stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet()))
        .containsAll(options);
  }

  /** What stands in code type in the first two columns of the table. */
  private static Set<String> documented() throws Exception {
    String guide = Files.readString(Path.of("../docs/mongodb.md"));
    String section = guide.substring(guide.indexOf("## The client's settings"));
    Pattern code = Pattern.compile("`([A-Za-z]+)`");
    return section
        .substring(0, section.indexOf("\n## "))
        .lines()
        .filter(line -> line.startsWith("| `"))
        .map(line -> line.split("\\|"))
        .flatMap(cells -> Stream.of(cells[1], cells[2]))
        .flatMap(cell -> code.matcher(cell).results())
        .map((MatchResult match) -> match.group(1))
        .collect(Collectors.toSet());
  }
}
