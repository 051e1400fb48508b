package dev.perennial.benchmarks.measure;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The process of one contender. Reads as many events as a line says, and answers what it used. */
public final class ContenderProcess implements AutoCloseable {

  /** The heap and the collector of every contender. */
  private static final List<String> OPTIONS = List.of("-Xms1g", "-Xmx1g", "-XX:+UseG1GC");

  private static final String FAILED = "failed: ";

  private final ChildProcess process;

  /**
   * Starts it.
   *
   * @param options options of the JVM besides those that all have
   */
  public ContenderProcess(Contender contender, String server, List<String> options)
      throws IOException {
    List<String> all = new ArrayList<>(OPTIONS);
    all.addAll(options);
    String type = ((Enum<?>) contender).getDeclaringClass().getName();
    this.process =
        new ChildProcess(
            contender.id(), all, ContenderProcess.class, type, contender.name(), server);
  }

  /**
   * Has it read events.
   *
   * @throws IOException if it could not
   */
  public Usage read(int events) throws IOException {
    String answer = process.ask(Integer.toString(events));
    if (answer.startsWith(FAILED)) {
      throw new IOException(answer.substring(FAILED.length()));
    }
    return Usage.parse(answer);
  }

  @Override
  public void close() throws IOException {
    process.close();
  }

  /**
   * Runs a contender until its input ends.
   *
   * @param args the class of the contenders, the name of this one, and the server
   */
  public static void main(String[] args) throws Exception {
    PrintStream answers = ChildProcess.answers();
    Contender contender = contender(args[0], args[1]);
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      answers.println(answer(contender, args[2], Integer.parseInt(line)));
    }
    System.exit(0);
  }

  private static String answer(Contender contender, String server, int events) {
    try (Client client = contender.open(server)) {
      // The garbage of the last read does not belong to this one.
      System.gc();
      Meter before = Meter.read();
      long checksum = client.read(events);
      return before.since(events, checksum).text();
    } catch (Exception e) {
      return FAILED + e.toString().lines().findFirst().orElse("");
    }
  }

  private static Contender contender(String type, String name) throws ClassNotFoundException {
    for (Object constant : Class.forName(type).getEnumConstants()) {
      if (constant instanceof Contender contender && contender.name().equals(name)) {
        return contender;
      }
    }
    throw new IllegalArgumentException("There is no " + name + " in " + type + ".");
  }
}
