package dev.perennial.testkit.engine;

import dev.perennial.port.StreamRuntime;
import dev.perennial.testkit.VirtualRuntime;
import dev.perennial.testkit.engine.MemoryFault.Point;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;

/** A virtual runtime whose calls run out of memory. */
record FaultyRuntime(VirtualRuntime time, MemoryFault fault) implements StreamRuntime {

  @Override
  public long nanoTime() {
    fault.at(Point.NANO_TIME);
    return time.nanoTime();
  }

  @Override
  public Instant now() {
    fault.at(Point.NOW);
    return time.now();
  }

  @Override
  public double random() {
    return time.random();
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    fault.at(Point.SCHEDULE);
    Timer timer = time.schedule(delay, task);
    return () -> {
      timer.cancel();
      fault.at(Point.CANCEL);
    };
  }

  @Override
  public void execute(Runnable task) {
    fault.at(Point.EXECUTE);
    time.execute(task);
  }

  @Override
  public Signal newSignal() {
    Signal signal = time.newSignal();
    return new Signal() {
      @Override
      public void raise() {
        fault.at(Point.RAISE);
        signal.raise();
      }

      @Override
      public boolean await(BooleanSupplier condition, Duration timeout)
          throws InterruptedException {
        return signal.await(condition, timeout);
      }
    };
  }
}
