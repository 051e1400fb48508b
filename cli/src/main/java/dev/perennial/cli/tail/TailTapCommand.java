package dev.perennial.cli.tail;

import dev.perennial.AckMode;
import dev.perennial.EventStream;
import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.port.Transport;
import dev.perennial.source.tap.TapAdmin;
import dev.perennial.source.tap.TapAdminBuilder;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapSource;
import dev.perennial.source.tap.TapSourceBuilder;
import dev.perennial.transport.netty.NettyTransport;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code perennial tail tap} */
@Command(
    name = "tap",
    description = {
      "Prints the events of a Tap, one per line, and acks each once it is printed.",
      "",
      "Tap deletes acked events. Use @|bold --no-ack|@ to keep them. Several consumers of a Tap share its events.",
      "",
      "Times are arrival times, in UTC."
    },
    footer = {
      "",
      "Environment:",
      "  PERENNIAL_TAP_PASSWORD   the Tap's admin password, if it has one",
      "",
      "Exit status: 0 after --max events, 1 if failed, 2 for invalid arguments, 3 if Tap requires another"
          + " password, 130 after Ctrl-C, 141 if the output was closed."
    })
final class TailTapCommand implements Callable<Integer> {

  /** The environment variable for the password. */
  static final String PASSWORD = "PERENNIAL_TAP_PASSWORD";

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Parameters(
      paramLabel = "URI",
      description =
          "The address of the Tap, for example localhost, ws://localhost:2480/channel or https://example.org/tap.")
  @SuppressWarnings("NullAway.Init") // by picocli
  private String uri;

  @Option(
      names = "--no-ack",
      description = "Ack nothing. The Tap sends the events again, to this command too.")
  private boolean noAck;

  @Option(
      names = "--json",
      description =
          "Print the messages as received, one per line; malformed ones are wrapped in an object.")
  private boolean json;

  @Mixin private final TailOptions options = new TailOptions();

  @Override
  public Integer call() throws CommandFailedException, InterruptedException {
    options.check();
    Consumer<String> messages = System.err::println;
    String password = password();
    try (Transport transport = NettyTransport.create();
        Tail<TapEvent> tail =
            new Tail<>(
                EventStream.from(source(transport, password))
                    .acks(noAck ? AckMode.NEVER : AckMode.EXPLICIT)
                    .listener(new TailStreamListener(uri, Throwable::getMessage, messages))
                    .open(),
                json ? TapLine::json : TapLine::text,
                options.max(),
                !noAck,
                messages)) {
      return tail.run(
          options.timeout(),
          new TapFailureExplainer(uri, !password.isEmpty()),
          new IdleTapNotice(() -> admin(password), messages));
    }
  }

  /** Returns Tap's password; empty if none is given. */
  private static String password() {
    return Objects.requireNonNullElse(System.getenv(PASSWORD), "");
  }

  private TapAdmin admin(String password) {
    TapAdminBuilder admin = TapAdmin.builder().uri(uri);
    return (password.isEmpty() ? admin : admin.password(password)).build();
  }

  private TapSource source(Transport transport, String password) {
    try {
      TapSourceBuilder source = TapSource.builder(transport).uri(uri);
      return (password.isEmpty() ? source : source.password(password)).build();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }
}
