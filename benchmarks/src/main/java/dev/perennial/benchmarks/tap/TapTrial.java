package dev.perennial.benchmarks.tap;

import dev.perennial.benchmarks.measure.ChildProcess;
import dev.perennial.benchmarks.measure.Contender;
import dev.perennial.benchmarks.measure.ContenderProcess;
import dev.perennial.benchmarks.measure.Trial;
import dev.perennial.benchmarks.measure.Usage;
import java.io.IOException;
import java.util.List;

/** Clients of one Tap server, which sends as fast as they read. */
public final class TapTrial implements Trial, AutoCloseable {

  private static final int COLD = 200_000;

  private final List<Contender> contenders;
  private final int events;
  private final ChildProcess server;
  private final String address;

  /**
   * Starts the server.
   *
   * @param events how many are measured in a round
   */
  public TapTrial(List<Contender> contenders, int events) throws IOException {
    this.contenders = List.copyOf(contenders);
    this.events = events;
    this.server =
        new ChildProcess(
            "the server", List.of("-Xmx512m", "-XX:+UseSerialGC"), TapServerProcess.class);
    this.address = "localhost:" + server.readLine();
  }

  @Override
  public String name() {
    return "tap";
  }

  @Override
  public String title() {
    return "Tap, events of " + TapEvents.AVERAGE_BYTES + " B, each acked";
  }

  @Override
  public List<Contender> contenders() {
    return contenders;
  }

  @Override
  public Contender reference() {
    return TapContender.NEXT;
  }

  @Override
  public List<Integer> warmUps() {
    return List.of(Math.min(COLD, events), events);
  }

  @Override
  public int events() {
    return events;
  }

  @Override
  public String server() {
    return address;
  }

  @Override
  public Usage run(Contender contender, ContenderProcess process, int count) throws IOException {
    boolean bound = contender.role() == Contender.Role.BOUND;
    server.ask("send 1 " + count + ' ' + (bound ? Sending.Acks.LAST : Sending.Acks.EACH) + " 0");
    Usage usage = process.read(count);
    Sending.Outcome outcome = Sending.Outcome.parse(server.ask("result"));
    if (!outcome.problem().isEmpty()) {
      throw new IOException(outcome.problem());
    }
    if (!bound && usage.checksum() != outcome.checksum()) {
      throw new IOException("the handler did not read what the server sent");
    }
    return usage.withNanos(outcome.nanos());
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
