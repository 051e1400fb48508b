package dev.perennial.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.EventStream;
import dev.perennial.cli.ChildProcess;
import io.reactivex.rxjava3.core.Completable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RxJavaIndexTest {

  private final SlowIndex index = new SlowIndex();

  @Test
  void indexesAndAcksEverything() {
    try (EventStream<Integer> stream = SlowIndex.open()) {
      Completable run =
          RxJavaIndex.run(stream, event -> Completable.fromCompletionStage(index.put(event)));
      assertThat(run.blockingAwait(ChildProcess.DEADLINE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      index.assertComplete(stream);
    }
  }

  @Test
  void stopsAtAFailureAndDoesNotAckIt() throws Exception {
    try (EventStream<Integer> stream = SlowIndex.open()) {
      Completable run =
          RxJavaIndex.run(
              stream, event -> Completable.fromCompletionStage(index.putReadable(event)));
      assertThatThrownBy(
              () -> run.blockingAwait(ChildProcess.DEADLINE.toSeconds(), TimeUnit.SECONDS))
          .hasMessage("unreadable");
      index.assertFailed(stream);
    }
  }
}
