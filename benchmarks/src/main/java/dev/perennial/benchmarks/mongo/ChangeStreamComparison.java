package dev.perennial.benchmarks.mongo;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * Compares what loops over the same change stream cost their client. The server has a process of
 * its own, and so has each loop, so that a loop's processor time is its process's. They take turns
 * in an order that differs from round to round.
 *
 * <p>Its argument, if any: how many rounds are measured.
 */
public final class ChangeStreamComparison {

  private static final int ROUNDS = 7;
  private static final int WARM_UP_ROUNDS = 2;

  /** As in the other benchmarks; the compilers' threads must not end, with their time. */
  private static final List<String> CLIENT =
      List.of("-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:-UseDynamicNumberOfCompilerThreads");

  private static final List<String> SERVER = List.of("-Xmx3g", "-XX:+UseParallelGC");

  private final Random order = new Random(1);
  private final Child server;
  private final String uri;
  private final List<Events> sizes = new ArrayList<>();

  private ChangeStreamComparison(Child server) throws IOException {
    this.server = server;
    this.uri = server.readLine();
    for (int i = 0; i < Size.values().length; i++) {
      sizes.add(Events.parse(server.readLine()));
    }
  }

  /**
   * Runs it.
   *
   * @throws IOException if a process ended before its time, which has said why
   */
  public static void main(String[] args) throws IOException {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : ROUNDS;
    try (Child server = new Child(SERVER, ServerProcess.class, "1")) {
      ChangeStreamComparison comparison = new ChangeStreamComparison(server);
      for (Reading reading : Reading.values()) {
        comparison.run(reading, rounds).print(System.out, comparison.sizes);
      }
    }
  }

  private Report run(Reading reading, int rounds) throws IOException {
    Map<Size, Map<Variant, List<Report.Figures>>> figures = new EnumMap<>(Size.class);
    Map<Variant, Child> clients = new EnumMap<>(Variant.class);
    try {
      for (Variant variant : Variant.values()) {
        clients.put(
            variant, new Child(CLIENT, ClientProcess.class, variant.name(), reading.name(), uri));
      }
      for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
        for (Events events : sizes) {
          Map<Variant, Report.Figures> turns = round(clients, events);
          if (round >= 0) {
            turns.forEach((variant, turn) ->
                figures
                    .computeIfAbsent(events.size(), size -> new EnumMap<>(Variant.class))
                    .computeIfAbsent(variant, ignored -> new ArrayList<>())
                    .add(turn));
          }
        }
        System.err.println(reading + ", round " + (round + 1) + " of " + rounds);
      }
    } finally {
      for (Child client : clients.values()) {
        client.close();
      }
    }
    return new Report(reading, figures);
  }

  private Map<Variant, Report.Figures> round(Map<Variant, Child> clients, Events events)
      throws IOException {
    List<Variant> turns = new ArrayList<>(Arrays.asList(Variant.values()));
    Collections.shuffle(turns, order);
    Map<Variant, Report.Figures> round = new EnumMap<>(Variant.class);
    for (Variant variant : turns) {
      long before = serverNanos();
      Turn turn = Turn.parse(Objects.requireNonNull(clients.get(variant)).ask(events.text()));
      double micros = (serverNanos() - before) / 1e3 / turn.events();
      round.put(variant, new Report.Figures(turn, micros));
    }
    if (round.values().stream().map(figures -> figures.turn().tally()).distinct().count() != 1) {
      throw new IOException("The loops did not read the same: " + round);
    }
    return round;
  }

  private long serverNanos() throws IOException {
    return Long.parseLong(server.ask("cpu"));
  }
}
