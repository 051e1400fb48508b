package dev.perennial.testkit.simulation;

import dev.perennial.CloseReport;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.testkit.ConnectAnswer;
import dev.perennial.testkit.ConnectionScript;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedMalformed;
import dev.perennial.testkit.ScriptedServer;
import dev.perennial.testkit.ScriptedServerPosition;
import dev.perennial.testkit.ScriptedServerSource;
import dev.perennial.testkit.ScriptedSource.Connect;
import dev.perennial.testkit.VirtualProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A schedule of a server-tracked source whose server emits events from time to time. In the end the
 * server must have received every ack, and none that the application did not make.
 */
final class ServerTrackedSchedule extends Schedule {

  private final ScriptedServer<Object> server =
      new ScriptedServer<>(runtime, chance.millis(2_000, 60_000));
  private final List<Object> events = new ArrayList<>();
  private final int count = chance.between(5, 40);

  ServerTrackedSchedule(long seed) {
    this(seed, false);
  }

  /**
   * Makes a schedule.
   *
   * @param handling whether most processes consume with a random {@code Handling}
   */
  ServerTrackedSchedule(long seed, boolean handling) {
    super(seed, handling);
    if (chance.percent(50)) {
      server.losesAcksAtRestart();
    }
  }

  @Override
  ProcessRun begin(VirtualProcess process, Phase phase) {
    int window = chance.of(chance.between(1, 4), chance.between(4, 64));
    int memory = chance.of(window, window + chance.between(0, 10), 65_536);
    return new ServerRun(
        process, phase, window, memory, chance.of(Duration.ofMinutes(3), chance.millis(0, 20_000)));
  }

  @Override
  void calm() {
    emit(count - events.size());
  }

  private void emit(int howMany) {
    for (int i = 0; i < howMany && events.size() < count; i++) {
      int number = events.size() + 1;
      Object event =
          chance.percent(5) ? new ScriptedMalformed("garbage " + number) : "event " + number;
      events.add(event);
      server.emit(event);
    }
  }

  @Override
  void requireEverythingDone() {
    requireNoForeignAck();
    for (Object event : events) {
      invariants.require(ackRecord.isAcked(event), "%s was lost", event);
    }
    invariants.require(server.unacked().isEmpty(), "the server got no ack of %s", server.unacked());
  }

  /** Checks that the application has acked all events that the server no longer keeps. */
  private void requireNoForeignAck() {
    Set<Object> kept = new HashSet<>(server.unacked());
    for (Object event : events) {
      invariants.require(
          kept.contains(event) || ackRecord.isAcked(event),
          "the server got an ack of %s, which the application has not acked",
          event);
    }
  }

  private final class ServerRun extends ProcessRun implements StreamListener {

    private final ScriptedServerSource<Object> scripted = server.source(process);
    private final ConnectionChecks<ScriptedServerPosition> connectionChecks;
    private final Duration firstDelay = chance.millis(100, 2_000);
    private final Duration stableAfter = chance.of(Duration.ofSeconds(30), chance.millis(0, 3_000));
    private final int memory;
    private final boolean mayEnd = rough && !last && roughChance.percent(20);
    private boolean serverRestarted;

    ServerRun(VirtualProcess process, Phase phase, int window, int memory, Duration horizon) {
      super(process, phase, window, memory, horizon);
      this.memory = memory;
      this.connectionChecks =
          new ConnectionChecks<>(
              runtime,
              invariants,
              deliveryChecks,
              scripted.errors(),
              firstDelay.dividedBy(2),
              stableAfter);
      scripted.redeliveryHorizon(horizon);
    }

    @Override
    EventStreamBuilder<Object> stream() {
      scripted
          .backoff(BackoffPolicy.exponential(firstDelay, Duration.ofSeconds(60)))
          .thereafter(this::answer);
      EventStreamBuilder<Object> stream =
          EventStream.from(new WatchedServerSource(scripted, connectionChecks, shortages))
              .stableAfter(stableAfter)
              .redeliveryMemory(memory)
              .listener(this);
      if (!calm && chance.percent(20)) {
        int most = chance.between(1, 6);
        stream.maxAttempts(most);
        connectionChecks.maxAttempts(most);
        expectedFailures.add(Reason.ATTEMPTS_EXHAUSTED);
      }
      return stream;
    }

    private ConnectAnswer<Object> answer(Connect<ScriptedServerPosition> connect) {
      if (calm) {
        return ConnectAnswer.connects(lines -> {});
      }
      int dice = chance.between(0, 99);
      if (dice < 15) {
        return ConnectAnswer.<Object>fails(ScriptedFailure.retry("refused")).after(connectDelay());
      } else if (dice < 17) {
        return last
            ? ConnectAnswer.fails(ScriptedFailure.retry("timed out"))
            : ConnectAnswer.hangs();
      } else if (dice < 18) {
        expectedFailures.add(Reason.FATAL);
        return ConnectAnswer.fails(
            chance.of(ScriptedFailure.fatal("denied"), ScriptedFailure.positionLost("what?")));
      }
      return ConnectAnswer.<Object>connects(this::addDisturbances).after(connectDelay());
    }

    /** Scripts disturbances between the events that the server sends. */
    private void addDisturbances(ConnectionScript<Object> lines) {
      if (chance.percent(20)) {
        lines.ignoresWakeUp();
      }
      if (chance.percent(15)) {
        lines.writesAcks(chance.between(0, 10));
      }
      if (chance.percent(5)) {
        lines.closeTakes(chance.millis(1, 10_000));
      } else if (chance.percent(5)) {
        lines.closeFails(new IOException("no goodbye"));
      }
      int dice = chance.between(0, 99);
      if (dice < 5) {
        lines.hang(chance.millis(1, 20_000));
      } else if (dice < 10) {
        lines.stall(chance.millis(1, 20_000));
      } else if (dice < 15) {
        lines.lose(ScriptedFailure.retry("cut at once"));
      } else if (mayEnd) {
        lines.pause(roughChance.millis(0, 60_000)).end();
      }
    }

    @Override
    public void onTransition(Transition transition) {
      invariants.note("%s", transition);
      if (transition.to() == StreamState.BACKING_OFF) {
        connectionChecks.backingOff(transition);
      } else if (transition.to() == StreamState.ENDED) {
        invariants.count("ended");
        invariants.require(
            scripted.hasOpenConnection(), "the stream ended without a connection that takes acks");
      }
    }

    @Override
    public void onRedeliveryDropped(RedeliveryDropped dropped) {
      invariants.note("%s", dropped);
      deliveryChecks.dropped();
      ScriptedServerPosition position = (ScriptedServerPosition) dropped.position();
      if (dropped.isAcked()) {
        invariants.require(
            connectionChecks.wasAcknowledged(position),
            "%s was redelivered and not acked again",
            position);
      } else {
        deliveryChecks.redelivered(position);
      }
    }

    @Override
    public void onAcksUnsent(AcksUnsent unsent) {
      invariants.count("acks unsent");
    }

    @Override
    public void onLateAck(LateAck late) {
      deliveryChecks.lateAck(late.position());
    }

    @Override
    ConnectionChecks<?> connectionChecks() {
      return connectionChecks;
    }

    @Override
    void unblock() {
      server.cut(ScriptedFailure.retry("cut"));
      // A connection that is being opened now may still follow a script that keeps acks.
      runtime.schedule(
          Duration.ofSeconds(15), () -> server.cut(ScriptedFailure.retry("cut once more")));
    }

    @Override
    void disturb(Application application) {
      int kind = chance.between(0, 9);
      invariants.note("disturbance %s", kind);
      invariants.count("disturbance " + kind);
      ScriptedFailure cause = ScriptedFailure.retry("cut");
      switch (kind) {
        case 0, 1, 2 -> emit(chance.between(1, 10));
        case 3 -> server.cut(cause);
        case 4 ->
            server.disconnect(ScriptedFailure.retryAfter(chance.millis(0, 10_000), "goodbye"));
        case 5 -> {
          serverRestarted = true;
          server.restart(cause);
        }
        case 6, 7 -> server.redeliver();
        default -> application.interrupt();
      }
      requireNoForeignAck();
    }

    @Override
    boolean isDone() {
      return events.size() == count
          && server.unacked().isEmpty()
          && events.stream().allMatch(ackRecord::isAcked);
    }

    @Override
    void closed(EventStream<Object> stream, CloseReport report, boolean done)
        throws InterruptedException {
      for (int i = 0; i < 120 && !scripted.isClosed(); i++) {
        runtime.sleep(Duration.ofSeconds(1));
      }
      invariants.require(scripted.isClosed(), "the source was not closed in two minutes");
      if (!serverRestarted && !shortages.haveHappened()) {
        requireUnsentReported(report);
      }
    }

    /**
     * Checks that acks that did not reach the server are reported as unsent. Not called for a
     * restarted server, which may have lost acks that were written.
     */
    private void requireUnsentReported(CloseReport report) {
      int unwritten = deliveryChecks.ackedBeforeClose(server.unacked()).size();
      invariants.require(
          report.unsent() >= unwritten,
          "%s acks did not reach the server, but %s were reported as not written",
          unwritten,
          report.unsent());
      requireNoForeignAck();
    }

    @Override
    void killed() {
      server.cut(ScriptedFailure.retry("reset"));
    }
  }
}
