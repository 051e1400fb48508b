package dev.perennial.simulators.tap;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Sets a {@link TapSimulator} up. */
public final class TapSimulatorBuilder {

  private @Nullable String password;
  private DeliveryMode mode = DeliveryMode.ACKS;
  private Duration retryTimeout = Duration.ofSeconds(60);
  private Duration deleteInterval = Duration.ofSeconds(10);
  private int outboxCapacity = 100_000;
  private boolean keepsLedger = true;
  private long seed;
  private int port;

  TapSimulatorBuilder() {}

  /** The password of the user {@code admin}; default: none is asked for. */
  public TapSimulatorBuilder password(String password) {
    if (password.isEmpty()) {
      throw new IllegalArgumentException("An empty password is none: leave it out instead.");
    }
    this.password = password;
    return this;
  }

  /** How events are delivered; default: with acks. */
  public TapSimulatorBuilder mode(DeliveryMode mode) {
    this.mode = Objects.requireNonNull(mode, "mode");
    return this;
  }

  /**
   * The server's {@code TAP_RETRY_TIMEOUT}: how often the server looks for events to send again,
   * and how old those must be; default: its own 60 s.
   */
  public TapSimulatorBuilder retryTimeout(Duration retryTimeout) {
    this.retryTimeout = positive(retryTimeout, "retryTimeout");
    return this;
  }

  /** How long at most an acked event stays in the database; default: the server's own 10 s. */
  public TapSimulatorBuilder deleteInterval(Duration deleteInterval) {
    this.deleteInterval = positive(deleteInterval, "deleteInterval");
    return this;
  }

  /**
   * The server's {@code TAP_OUTBOX_CAPACITY}: the number of undeleted events at which no more are
   * {@link TapSimulator#generate generated}; default: its own 100,000.
   */
  public TapSimulatorBuilder outboxCapacity(int outboxCapacity) {
    if (outboxCapacity < 1) {
      throw new IllegalArgumentException(
          "The outbox's capacity must be 1 or more, not " + outboxCapacity + ".");
    }
    this.outboxCapacity = outboxCapacity;
    return this;
  }

  /** To keep no {@link Ledger}, only counts: for runs of many millions of events. */
  public TapSimulatorBuilder withoutLedger() {
    this.keepsLedger = false;
    return this;
  }

  /** What the generated events are made from; default: 0. */
  public TapSimulatorBuilder seed(long seed) {
    this.seed = seed;
    return this;
  }

  /** The port on the loopback interface; default: 0, any that is free. */
  public TapSimulatorBuilder port(int port) {
    if (port < 0 || port > 0xffff) {
      throw new IllegalArgumentException("A port is a number from 0 to 65535, not " + port + ".");
    }
    this.port = port;
    return this;
  }

  /**
   * Starts the server; it takes connections when this returns.
   *
   * @throws IllegalStateException if the port is taken
   */
  public TapSimulator start() {
    TapSettings settings =
        new TapSettings(
            password, mode, retryTimeout, deleteInterval, outboxCapacity, keepsLedger, seed);
    TapSimulator simulator = new TapSimulator(settings, port);
    simulator.start();
    return simulator;
  }

  private static Duration positive(Duration duration, String name) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException(
          "The option " + name + " must be more than zero, not " + duration + ".");
    }
    return duration;
  }
}
