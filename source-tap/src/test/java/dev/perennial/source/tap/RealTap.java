package dev.perennial.source.tap;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The Tap that {@code TAP_BIN} names, in outbox-only mode, in which it uses no other server. */
final class RealTap implements TapUnderTest {

  private static final Duration START = Duration.ofSeconds(30);

  /** As Tap's own object-relational mapper makes it. */
  private static final String OUTBOX =
      "CREATE TABLE IF NOT EXISTS `outbox_buffers` (`id` integer PRIMARY KEY AUTOINCREMENT,"
          + "`did` text NOT NULL,`live` numeric NOT NULL,`data` text NOT NULL)";

  private final Setup setup;
  private final Path folder;
  private final int port;
  private @Nullable Process process;

  /**
   * @param folder an empty folder: Tap reads a file {@code .env} where it is started
   */
  RealTap(Setup setup, Path folder) throws IOException, SQLException {
    this.setup = setup;
    this.folder = folder;
    // Free a moment ago. Nobody is likely to take it before Tap does, and then Tap says so.
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    try (Connection database = open();
        Statement statement = database.createStatement()) {
      statement.execute(OUTBOX);
    }
  }

  private Connection open() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:sqlite:" + folder.resolve("tap.db") + "?synchronous=OFF");
  }

  @Override
  public String address() {
    return "127.0.0.1:" + port;
  }

  @Override
  public void put(List<Row> rows) throws SQLException {
    try (Connection database = open();
        PreparedStatement insert =
            database.prepareStatement(
                "INSERT INTO outbox_buffers (id, did, live, data) VALUES (?, ?, ?, ?)")) {
      database.setAutoCommit(false);
      for (Row row : rows) {
        insert.setLong(1, row.id());
        insert.setString(2, row.did());
        insert.setBoolean(3, row.live());
        insert.setString(4, row.message());
        insert.executeUpdate();
      }
      database.commit();
    }
  }

  @Override
  public int outbox() throws SQLException {
    try (Connection database = open();
        Statement statement = database.createStatement();
        ResultSet count = statement.executeQuery("SELECT count(*) FROM outbox_buffers")) {
      return count.getInt(1);
    }
  }

  @Override
  public void start() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(System.getenv("TAP_BIN"), "run")
            .directory(Files.createDirectories(folder.resolve("cwd")).toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log()));
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("TAP_"));
    environment.put("TAP_DATABASE_URL", "sqlite://" + folder.resolve("tap.db"));
    environment.put("TAP_BIND", address());
    environment.put("TAP_OUTBOX_ONLY", "true");
    environment.put("TAP_RETRY_TIMEOUT", setup.retryTimeout().toMillis() + "ms");
    // The port "discard": nothing is to be reached.
    environment.put("TAP_RELAY_URL", "http://127.0.0.1:9");
    environment.put("TAP_PLC_URL", "http://127.0.0.1:9");
    if (setup.password() != null) {
      environment.put("TAP_ADMIN_PASSWORD", setup.password());
    }
    if (!setup.acks()) {
      environment.put("TAP_DISABLE_ACKS", "true");
    }
    if (setup.webhook()) {
      environment.put("TAP_WEBHOOK_URL", "http://127.0.0.1:9/");
    }
    Process started = builder.start();
    process = started;
    TapAdminBuilder admin = TapAdmin.builder().uri(address());
    if (setup.password() != null) {
      admin.password(setup.password());
    }
    TapAdmin client = admin.build();
    await()
        .atMost(START)
        .ignoreExceptions()
        .failFast(
            "Tap does not run",
            () -> {
              if (!started.isAlive()) {
                throw new IllegalStateException(describe(started));
              }
            })
        .until(() -> client.health().equals("ok"));
  }

  private String describe(Process ended) throws IOException {
    return "Tap ended with status " + ended.exitValue() + ": " + Files.readString(log().toPath());
  }

  private File log() {
    return folder.resolve("tap.log").toFile();
  }

  @Override
  public void stop() throws InterruptedException {
    end(Process::destroy);
  }

  @Override
  public void kill() throws InterruptedException {
    end(Process::destroyForcibly);
  }

  private void end(Consumer<Process> how) throws InterruptedException {
    Process running = process;
    if (running != null) {
      how.accept(running);
      if (!running.waitFor(20, TimeUnit.SECONDS)) {
        running.destroyForcibly().waitFor();
        throw new AssertionError("Tap did not end in time");
      }
      process = null;
    }
  }

  @Override
  public void close() throws InterruptedException {
    end(Process::destroyForcibly);
  }
}
