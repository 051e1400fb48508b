package dev.perennial.benchmarks.handling;

import java.time.Duration;
import java.util.List;

/** The control: the consumer without a broker, and no engine over it. */
record ConsumerAlone() implements HandlingEngine {

  @Override
  public String title() {
    return "control: the mock consumer alone";
  }

  @Override
  public void run(Turn turn) throws InterruptedException {
    try (FedConsumer consumer = new FedConsumer(turn, Integer.MAX_VALUE)) {
      consumer.subscribe(List.of(FedConsumer.TOPIC));
      consumer.assignPartition();
      turn.begin();
      while (turn.handled() < turn.load().events()) {
        for (var unused : consumer.poll(Duration.ofSeconds(1))) {
          turn.handle();
        }
      }
    }
  }
}
