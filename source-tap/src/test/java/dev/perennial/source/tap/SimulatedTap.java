package dev.perennial.source.tap;

import dev.perennial.simulators.tap.DeliveryMode;
import dev.perennial.simulators.tap.TapEventSpec;
import dev.perennial.simulators.tap.TapSimulator;
import dev.perennial.simulators.tap.TapSimulatorBuilder;
import java.time.Duration;
import java.util.List;

/** A simulated Tap, without the real one's delays. */
final class SimulatedTap implements TapUnderTest {

  private final TapSimulator simulator;

  SimulatedTap(Setup setup) {
    TapSimulatorBuilder builder =
        TapSimulator.builder()
            .retryTimeout(setup.retryTimeout())
            .deleteInterval(Duration.ofSeconds(1))
            .mode(
                setup.webhook()
                    ? DeliveryMode.WEBHOOK
                    : setup.acks() ? DeliveryMode.ACKS : DeliveryMode.FIRE_AND_FORGET);
    if (setup.password() != null) {
      builder.password(setup.password());
    }
    simulator = builder.start();
    simulator.stop();
  }

  @Override
  public String address() {
    return "127.0.0.1:" + simulator.port();
  }

  @Override
  public void put(List<Row> rows) {
    for (Row row : rows) {
      simulator.emitWithId(
          row.id(), new TapEventSpec.RawText(row.did(), row.live(), row.message()));
    }
  }

  @Override
  public int outbox() {
    return simulator.outboxSize();
  }

  @Override
  public void start() {
    simulator.start();
  }

  @Override
  public void stop() {
    simulator.stop();
  }

  @Override
  public void kill() {
    simulator.kill();
  }

  @Override
  public void close() {
    simulator.close();
  }
}
