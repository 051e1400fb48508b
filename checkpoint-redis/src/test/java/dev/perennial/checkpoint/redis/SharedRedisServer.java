package dev.perennial.checkpoint.redis;

import dev.perennial.simulators.redis.RedisServer;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A server for all tests of a class, empty before each. To be registered in a static field. */
final class SharedRedisServer implements BeforeAllCallback, BeforeEachCallback, AfterAllCallback {

  private RedisServer server;

  RedisServer server() {
    return server;
  }

  String uri() {
    return server.uri();
  }

  Object command(String... command) {
    return server.command(command);
  }

  /** The server's clock, of whose milliseconds epochs are made. */
  long millis() {
    List<?> time = (List<?>) command("TIME");
    return Long.parseLong((String) time.get(0)) * 1_000
        + Long.parseLong((String) time.get(1)) / 1_000;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    server = RedisServer.start();
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    server.command("FLUSHALL");
  }

  @Override
  public void afterAll(ExtensionContext context) {
    server.close();
  }
}
