package dev.perennial.testkit.simulation;

import dev.perennial.CloseReport;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.StreamRuntime.Signal;
import dev.perennial.testkit.SimulatedThread;
import dev.perennial.testkit.VirtualProcess;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One schedule: some processes, one after the other, each with a stream, until it is closed, dies
 * or is killed; then a last one, which nothing disturbs, has to get everything that is left.
 */
abstract class Schedule {

  /** How a process goes. */
  enum Phase {
    DISTURBED,
    /** Disturbed first, and then left alone until it has done everything. */
    CALMING,
    CALM
  }

  /** How a process ends. */
  private enum Ending {
    CLOSED,
    CLOSED_BY_TWO,
    CLOSED_IN_HANDLER,
    CLOSED_IN_LISTENER,
    KILLED
  }

  /** The longest that a connection takes to close. */
  static final Duration CONNECTION_CLOSE = Duration.ofSeconds(10);

  /** Keeps the schedules that were found to fail before out of those that are rough. */
  private static final long APART = 550_001_650;

  /** The same for shortages of pulls. */
  private static final long FURTHER_APART = 770_036_231;

  /** The longest that a slow listener takes. */
  static final int SLOW_MILLIS = 2_000;

  /** What may pass between a deadline and the clock reading behind it. */
  static final Duration STEPS = Duration.ofMillis(50);

  final VirtualRuntime runtime;
  final RandomChoices chance;

  /**
   * Decides about what is played in some of the schedules only. It draws apart from {@link
   * #chance}, so that the others stay what they were.
   */
  final RandomChoices rarely;

  /** Whether this is one of those schedules. */
  final boolean rough;

  /** Decides about shortages of pulls, for the same reason. */
  private final RandomChoices pulls;

  final InvariantChecks invariants;
  final AckRecord ackRecord = new AckRecord();
  private int processes;

  Schedule(long seed) {
    this.runtime =
        new VirtualRuntime(seed)
            .stepsTakeUpTo(Duration.ofNanos(2_000))
            .limits(400_000, Duration.ofDays(2));
    this.chance = new RandomChoices(seed);
    this.rarely = new RandomChoices(seed + APART);
    this.rough = rarely.percent(50);
    this.pulls = new RandomChoices(seed + FURTHER_APART);
    this.invariants = new InvariantChecks(runtime);
  }

  void play() {
    runtime.run(() -> {
      int disturbed = chance.between(0, 3);
      for (int i = 0; i < disturbed; i++) {
        live(Phase.DISTURBED);
      }
      // What was done to a process, it has to repair itself; if it dies of it, the next one does.
      if (chance.percent(40) || !live(Phase.CALMING)) {
        calm();
        live(Phase.CALM);
      }
      requireEverythingDone();
    });
  }

  /** One process's part of the world. */
  abstract class ProcessRun {
    final VirtualProcess process;
    boolean calm;

    /** Whether it has to come through, so that nothing may hang for ever. */
    final boolean last;

    final int window;
    final DeliveryChecks deliveryChecks;
    final MemoryShortages shortages;

    /** What closes said that did not use up their time. */
    final List<CloseReport> reports = new ArrayList<>();

    final Set<Reason> expectedDeaths = EnumSet.noneOf(Reason.class);

    ProcessRun(VirtualProcess process, Phase course, int window, int memory, Duration horizon) {
      this.process = process;
      this.calm = course == Phase.CALM;
      this.last = course != Phase.DISTURBED;
      this.window = window;
      boolean isShort = rough && !calm && rarely.percent(25);
      boolean isShortInPulls = !calm && pulls.percent(10);
      this.shortages =
          new MemoryShortages(
              process,
              rarely,
              invariants,
              isShort,
              pulls,
              isShortInPulls,
              () -> watch().outOfMemory());
      this.deliveryChecks =
          new DeliveryChecks(runtime, invariants, ackRecord, window, memory, horizon);
    }

    /** Describes the stream. */
    abstract EventStreamBuilder<Object> stream();

    /** Checks what the stream died of. */
    void died(StreamFailedException why) {
      invariants.require(
          expectedDeaths.contains(why.reason()),
          "the stream died of %s: %s, caused by %s",
          why.reason().tag(),
          why.getMessage(),
          why.getCause());
      watch().died(why);
    }

    abstract ConnectionChecks<?> watch();

    /** Disturbs the process once. */
    abstract void disturb(Application application);

    /** Lets what the process waits for come about, now that it is calm. */
    abstract void kick();

    /** Whether a calm process has done all that there is to do. */
    abstract boolean isDone();

    /** Waits until a stream that died has given up its claim, which it has to do in time. */
    void awaitLetGo() throws InterruptedException {}

    /** Whether what is acked is saved, or will be at close if the stream saves nothing. */
    boolean isSaved() {
      return true;
    }

    /** Checks what a close left behind. */
    abstract void closed(EventStream<Object> stream, CloseReport report, boolean done)
        throws InterruptedException;

    /** Cleans up after the process was killed. */
    abstract void killed();
  }

  abstract ProcessRun begin(VirtualProcess process, Phase course);

  /** Nothing disturbs anybody from now on. */
  abstract void calm();

  /** The checkpoint store, if there is one, works from now on. */
  void calmStore() {}

  abstract void requireEverythingDone();

  /** Says whether the process did all that it had to. */
  private boolean live(Phase course) throws InterruptedException {
    ProcessRun life = begin(runtime.process("process-" + ++processes), course);
    invariants.note("process %s begins", processes);
    Ending fate = life.last ? Ending.CLOSED : chance.of(Ending.values());
    Duration closeTimeout = closeTimeout(life);
    EventStreamBuilder<Object> builder = life.stream().window(life.window).runtime(life.shortages);
    ListenerClose closer = new ListenerClose(life, chance.between(1, 12), closeTimeout);
    if (fate == Ending.CLOSED_IN_LISTENER) {
      builder.listener(closer);
    }
    SlowListener slow = new SlowListener(life);
    boolean isSlow = rough && rarely.percent(30);
    if (isSlow) {
      builder.listener(slow);
    }
    EventStream<Object> stream = builder.open();
    closer.stream = stream;
    Application application =
        new Application(
            runtime,
            chance,
            stream,
            life.deliveryChecks,
            invariants,
            life::died,
            life.shortages,
            life.window,
            () -> life.calm);
    if (fate == Ending.CLOSED_IN_HANDLER) {
      application.closeInHandler(chance.between(1, 10), closeTimeout);
    }
    SimulatedThread puller = application.start(life.process);
    if (course != Phase.CALM) {
      disturb(life, application, puller);
    }
    if (course == Phase.CALMING) {
      life.calm = true;
      calm();
      life.shortages.end();
      life.kick();
    }
    if (life.last) {
      awaitDone(life, stream, puller);
    }
    if (life.last) {
      awaitSaved(life, stream);
    }
    if (rough && !isAlive(stream)) {
      calmStore();
      life.awaitLetGo();
    }
    boolean claimLost = application.deathReason() == Reason.CLAIM_LOST;
    if (rough && claimLost) {
      // What hangs in the store comes to its end; there is nothing left to wait for after that.
      calmStore();
      runtime.sleep(Duration.ofMinutes(2));
    }
    boolean done = life.last && isDone(life) && stream.state() != StreamState.FAILED;
    if (rough && !life.last) {
      // A close is hardest at the moment when the stream or the application is busy.
      if (isSlow && rarely.percent(70)) {
        slow.awaitTold();
      } else if (rarely.percent(50)) {
        application.awaitTaken();
      }
    }
    invariants.note("now %s", fate);
    invariants.count(fate.toString());
    invariants.count("state " + stream.state());
    if (fate == Ending.KILLED) {
      life.process.kill();
      life.killed();
      return done;
    }
    if (fate == Ending.CLOSED_BY_TWO) {
      SimulatedThread other =
          life.process.spawn("closer", () -> closeBesides(life, stream, closeTimeout));
      closeBesides(life, stream, closeTimeout);
      other.join();
    }
    Duration begun = runtime.elapsed();
    CloseReport report = close(life, stream, closeTimeout);
    Duration took = runtime.elapsed().minus(begun);
    invariants.require(
        !rough || !claimLost || took.compareTo(CONNECTION_CLOSE.plus(STEPS)) <= 0,
        "without a claim and with nobody in the source, close took %s",
        took);
    if (stream.state() != StreamState.CLOSED) {
      // Another one closes it, and this one had no time to wait for that.
      report = awaitClosed(life, stream);
    }
    CloseReport last = report;
    life.reports.forEach(early ->
        invariants.require(early.equals(last), "one close reports %s, another %s", early, last));
    application.finish();
    requireTerminal(stream, report);
    life.deliveryChecks.requireLateAcksTold();
    int unacked = life.deliveryChecks.unacked();
    int heldBack = life.deliveryChecks.heldBack();
    invariants.require(
        report.unacked() >= unacked && report.unacked() <= unacked + heldBack,
        "%s, but %s of what was handed out are unacked, and %s was received only",
        report,
        unacked,
        heldBack);
    life.closed(stream, report, done);
    int timers = life.process.pendingTimers();
    invariants.require(!rough || timers == 0, "a closed stream has left %s timers", timers);
    return done;
  }

  private Duration closeTimeout(ProcessRun life) {
    if (life.last) {
      // It has the time to wait for a driver that is stuck, and to save after that.
      return Duration.ofMinutes(1);
    }
    Duration timeout =
        chance.of(Duration.ofSeconds(5), chance.millis(1, 1_000), chance.millis(1_000, 60_000));
    return rough && rarely.percent(40)
        ? rarely.of(Duration.ZERO, rarely.nanos(1, 1_000), rarely.nanos(1, 1_000_000))
        : timeout;
  }

  private void disturb(ProcessRun life, Application application, SimulatedThread puller)
      throws InterruptedException {
    Duration until =
        runtime.elapsed().plus(chance.of(chance.millis(0, 2_000), chance.millis(0, 90_000)));
    int disturbances = chance.between(0, 8);
    Duration step = until.minus(runtime.elapsed()).dividedBy(disturbances + 1);
    for (int i = 0; i < disturbances && !puller.hasEnded(); i++) {
      runtime.sleep(step);
      life.disturb(application);
    }
    puller.join(until.minus(runtime.elapsed()));
  }

  private void awaitDone(ProcessRun life, EventStream<Object> stream, SimulatedThread puller)
      throws InterruptedException {
    for (int i = 0; i < 3_600 && !isDone(life) && !puller.hasEnded(); i++) {
      runtime.sleep(Duration.ofSeconds(1));
    }
    invariants.require(
        isDone(life) || puller.hasEnded() && !life.expectedDeaths.isEmpty(),
        "the last process has not done everything within the hour: %s %s",
        stream,
        stream.stats());
  }

  /** With nothing to ack any more, and nobody who closes it, the stream still saves in time. */
  private void awaitSaved(ProcessRun life, EventStream<Object> stream) throws InterruptedException {
    // Without a thread for the last save, it is made by the next ack or at close.
    if (life.shortages.haveStruck()) {
      return;
    }
    for (int i = 0; i < 600 && isAlive(stream) && !life.isSaved(); i++) {
      runtime.sleep(Duration.ofMillis(100));
    }
    invariants.require(
        !isAlive(stream) || life.isSaved(), "%s has not saved within the minute", stream);
  }

  private static boolean isAlive(EventStream<Object> stream) {
    return stream.state() != StreamState.FAILED;
  }

  private static boolean isDone(ProcessRun life) {
    return life.isDone() && life.deliveryChecks.unacked() == 0;
  }

  private void closeBesides(ProcessRun life, EventStream<Object> stream, Duration timeout) {
    Duration begun = runtime.elapsed();
    CloseReport report = close(life, stream, timeout);
    if (runtime.elapsed().minus(begun).compareTo(timeout) < 0) {
      life.reports.add(report);
    }
  }

  private CloseReport close(ProcessRun life, EventStream<Object> stream, Duration timeout) {
    life.deliveryChecks.closing();
    Duration begun = runtime.elapsed();
    invariants.note("closes within %s", timeout);
    boolean inPull = life.shortages.isPulling();
    life.shortages.doNotPull();
    CloseReport report = stream.close(timeout);
    if (inPull) {
      life.shortages.pull();
    }
    invariants.note("closed: %s", report);
    Duration took = runtime.elapsed().minus(begun);
    // Without a thread for what may be slow, the closing one has to do it.
    invariants.require(
        life.shortages.haveStruck() || took.compareTo(timeout.plus(STEPS)) <= 0,
        "close(%s) took %s",
        timeout,
        took);
    if (stream.state() == StreamState.CLOSED) {
      life.deliveryChecks.closed();
    }
    return report;
  }

  private CloseReport awaitClosed(ProcessRun life, EventStream<Object> stream)
      throws InterruptedException {
    for (int i = 0; i < 1_200 && stream.state() != StreamState.CLOSED; i++) {
      runtime.sleep(Duration.ofMillis(100));
    }
    invariants.require(stream.state() == StreamState.CLOSED, "%s is not closed", stream);
    life.deliveryChecks.closed();
    return stream.close(Duration.ZERO);
  }

  private void requireTerminal(EventStream<Object> stream, CloseReport report) {
    invariants.require(stream.state() == StreamState.CLOSED, "%s is not closed", stream);
    CloseReport again = stream.close(Duration.ZERO);
    invariants.require(
        again.equals(report), "closed again, it reports %s instead of %s", again, report);
    try {
      Object next = stream.next(Duration.ZERO);
      invariants.require(false, "a closed stream gave %s", next);
    } catch (dev.perennial.StreamClosedException e) {
      // As it should.
    } catch (InterruptedException e) {
      invariants.require(false, "a closed stream waited");
    }
  }

  /** Takes its time whenever it is told something, and now and then has no memory for it. */
  private final class SlowListener implements StreamListener {

    private final ProcessRun life;
    private final Signal told = runtime.newSignal();
    private int telling;

    SlowListener(ProcessRun life) {
      this.life = life;
    }

    /** Waits for a time until it is being told something. */
    void awaitTold() throws InterruptedException {
      told.await(() -> telling > 0, Duration.ofSeconds(20));
    }

    private void dawdle() {
      life.shortages.strike("a listener");
      if (rarely.percent(50)) {
        return;
      }
      telling++;
      told.raise();
      try {
        runtime.sleep(rarely.of(rarely.nanos(1, 1_000_000), rarely.millis(1, SLOW_MILLIS)));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        telling--;
      }
    }

    @Override
    public void onTransition(Transition transition) {
      dawdle();
    }

    @Override
    public void onCheckpointSaved(CheckpointSaved saved) {
      dawdle();
    }

    @Override
    public void onCheckpointSaveFailed(CheckpointSaveFailed failed) {
      dawdle();
    }

    @Override
    public void onRedeliveryDropped(RedeliveryDropped dropped) {
      dawdle();
    }

    @Override
    public void onMalformed(MalformedReceived received) {
      dawdle();
    }

    @Override
    public void onLateAck(LateAck late) {
      dawdle();
    }
  }

  /** Closes the stream from within a listener. */
  private final class ListenerClose implements StreamListener {

    private final ProcessRun life;
    private final Duration timeout;
    private int left;
    private @Nullable EventStream<Object> stream;

    ListenerClose(ProcessRun life, int after, Duration timeout) {
      this.life = life;
      this.left = after;
      this.timeout = timeout;
    }

    private void tick() {
      EventStream<Object> open = stream;
      if (open != null && --left == 0) {
        close(life, open, timeout);
      }
    }

    @Override
    public void onTransition(Transition transition) {
      tick();
    }

    @Override
    public void onCheckpointSaved(CheckpointSaved saved) {
      tick();
    }

    @Override
    public void onRedeliveryDropped(RedeliveryDropped dropped) {
      tick();
    }

    @Override
    public void onMalformed(MalformedReceived received) {
      tick();
    }
  }
}
