package dev.perennial.cli.tail;

import dev.perennial.AckMode;
import dev.perennial.EventStream;
import dev.perennial.cli.console.Failure;
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
      "Prints the events of a Tap, one a line, and acks each once it is printed.",
      "",
      "An event that is acked is gone from the Tap: use @|bold --no-ack|@ to look only. Several consumers of a"
          + " Tap share its events.",
      "",
      "Times are those of the arrival, in UTC."
    },
    footer = {
      "",
      "Environment:",
      "  PERENNIAL_TAP_PASSWORD   the Tap's admin password, if it has one",
      "",
      "Exit status: 0 after --max events, 1 if it failed, 2 for wrong arguments, 3 if the Tap wants a"
          + " password or another one, 130"
          + " after Ctrl-C, 141 if nobody reads the output any more."
    })
final class TailTapCommand implements Callable<Integer> {

  /** Which environment variable has the password. */
  static final String PASSWORD = "PERENNIAL_TAP_PASSWORD";

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Parameters(
      paramLabel = "URI",
      description =
          "Where the Tap is, for example localhost, ws://localhost:2480/channel or https://example.org/tap.")
  @SuppressWarnings("NullAway.Init") // by picocli
  private String uri;

  @Option(
      names = "--no-ack",
      description = "Ack nothing. The Tap sends the events again, to this command too.")
  private boolean noAck;

  @Option(
      names = "--json",
      description =
          "Print the messages as they came, one a line; one that could not be decoded within an object of its own.")
  private boolean json;

  @Mixin private final TailOptions options = new TailOptions();

  @Override
  public Integer call() throws Failure, InterruptedException {
    options.check();
    Consumer<String> notes = System.err::println;
    String password = password();
    try (Transport transport = NettyTransport.create();
        Tail<TapEvent> tail =
            new Tail<>(
                EventStream.from(source(transport, password))
                    .acks(noAck ? AckMode.NEVER : AckMode.EXPLICIT)
                    .listener(new ConnectionNotes(uri, Throwable::getMessage, notes))
                    .open(),
                json ? TapLine::json : TapLine::text,
                options.max(),
                !noAck,
                notes)) {
      return tail.run(
          options.patience(),
          new TapFailures(uri, !password.isEmpty()),
          new QuietTap(() -> admin(password), notes));
    }
  }

  /** The Tap's; empty if none is given. */
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
