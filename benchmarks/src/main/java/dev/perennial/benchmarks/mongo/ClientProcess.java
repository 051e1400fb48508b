package dev.perennial.benchmarks.mongo;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** The process of one loop. Takes a turn for each line that it is given, and says what it used. */
final class ClientProcess {

  private ClientProcess() {}

  /**
   * Runs it, until its input ends.
   *
   * @param args the variant, what it reads, and where the server is
   */
  public static void main(String[] args) throws Exception {
    Reading reading = Reading.valueOf(args[1]);
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (Loop.Opener opener = Variant.valueOf(args[0]).opener(args[2], reading)) {
      String line = input.readLine();
      while (line != null) {
        Events events = Events.parse(line);
        Turn turn = Turn.take(opener, events.size(), events.start(), events.count());
        System.out.println(turn.text());
        line = input.readLine();
      }
    }
  }
}
