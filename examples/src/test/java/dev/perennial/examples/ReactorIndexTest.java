package dev.perennial.examples;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.EventStream;
import dev.perennial.cli.ChildProcess;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

class ReactorIndexTest {

  private final SlowIndex index = new SlowIndex();

  @Test
  void indexesAndAcksEverything() {
    try (EventStream<Integer> stream = SlowIndex.open()) {
      ReactorIndex.run(stream, event -> Mono.fromCompletionStage(index.put(event)))
          .block(ChildProcess.DEADLINE);
      index.assertComplete(stream);
    }
  }

  @Test
  void stopsAtAFailureAndDoesNotAckIt() throws Exception {
    try (EventStream<Integer> stream = SlowIndex.open()) {
      Mono<Void> run =
          ReactorIndex.run(stream, event -> Mono.fromCompletionStage(index.putReadable(event)));
      assertThatThrownBy(() -> run.block(ChildProcess.DEADLINE)).hasMessage("unreadable");
      index.assertFailed(stream);
    }
  }
}
