package dev.perennial.benchmarks.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ComparisonTest {

  private final List<String> runs = new ArrayList<>();
  private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

  @Test
  @DisplayName("each contender has a process in each round: first events, warm-up, measurement")
  void rounds() {
    List<Result> results = compare(2, List.of(Clients.OURS, Clients.PEER));
    assertThat(runs)
        .containsSubsequence("OURS 10 13", "OURS 20 23", "OURS 30 33")
        .containsSubsequence("PEER 10 13", "PEER 20 23", "PEER 30 33")
        .hasSize(12);
    assertThat(results).extracting(result -> result.rounds().size()).containsExactly(2, 2);
    Round round = results.get(1).rounds().get(1);
    assertThat(round.cold().events()).isEqualTo(10);
    assertThat(round.steady().events()).isEqualTo(30);
    assertThat(round.steady().nanos()).isPositive();
  }

  @Test
  @DisplayName("a contender that fails is left out of later rounds, and the others go on")
  void failure() {
    List<Result> results = compare(2, List.of(Clients.FAILING, Clients.OURS));
    assertThat(results.get(0).hasFailed()).isTrue();
    assertThat(results.get(0).reason()).contains("no route");
    assertThat(results.get(1).rounds()).hasSize(2);
    assertThat(progress.toString(StandardCharsets.UTF_8).lines().filter(l -> l.contains("failed")))
        .hasSize(1);
  }

  private List<Result> compare(int rounds, List<Contender> contenders) {
    return new Comparison(
            rounds,
            List.of("-Xms16m", "-Xmx64m"),
            new PrintStream(progress, true, StandardCharsets.UTF_8))
        .run(
            new Trial() {
              @Override
              public String name() {
                return "test";
              }

              @Override
              public String title() {
                return "Test";
              }

              @Override
              public List<Contender> contenders() {
                return contenders;
              }

              @Override
              public Contender reference() {
                return Clients.OURS;
              }

              @Override
              public List<Integer> warmUps() {
                return List.of(10, 20);
              }

              @Override
              public int events() {
                return 30;
              }

              @Override
              public String server() {
                return "abc";
              }

              @Override
              public Usage run(Contender contender, ContenderProcess process, int events)
                  throws IOException {
                Usage usage = process.read(events);
                runs.add(contender.name() + ' ' + events + ' ' + usage.checksum());
                return usage;
              }
            });
  }
}
