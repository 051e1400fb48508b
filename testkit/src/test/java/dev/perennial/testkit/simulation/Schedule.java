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
 * A random schedule of processes that run one after the other, each with a stream that is closed,
 * fails or is killed. The last process is not disturbed and must handle all remaining events.
 */
abstract class Schedule {

  /** How much a process is disturbed. */
  enum Phase {
    DISTURBED,
    /** Disturbed at first, and then not disturbed until it has done everything. */
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

  /** Separates these random numbers from the others, so that old failing seeds stay the same. */
  private static final long ROUGH_SEED_OFFSET = 550_001_650;

  /** The same for shortages in pulls. */
  private static final long PULL_SEED_OFFSET = 770_036_231;

  /** The same for applications that consume with a random {@code Handling}. */
  private static final long HANDLING_SEED_OFFSET = 20_261_200_033L;

  /** The longest that a slow listener takes. */
  static final int SLOW_MILLIS = 2_000;

  /** The tolerance for the time between a deadline and the clock reading after it. */
  static final Duration STEPS = Duration.ofMillis(50);

  final VirtualRuntime runtime;
  final RandomChoices chance;

  /**
   * Decides about what happens only in rough schedules. Separate from {@link #chance}, so that the
   * other schedules stay the same.
   */
  final RandomChoices roughChance;

  /** Whether this is a rough schedule. */
  final boolean rough;

  /** Decides about shortages in pulls, separate for the same reason. */
  private final RandomChoices pullChance;

  /** Decides about handlers, separate for the same reason. */
  private final RandomChoices handlingChance;

  private final boolean handling;

  final InvariantChecks invariants;
  final AckRecord ackRecord = new AckRecord();
  private int processes;

  Schedule(long seed, boolean handling) {
    this.runtime =
        new VirtualRuntime(seed)
            .stepsTakeUpTo(Duration.ofNanos(2_000))
            .limits(400_000, Duration.ofDays(2));
    this.chance = new RandomChoices(seed);
    this.roughChance = new RandomChoices(seed + ROUGH_SEED_OFFSET);
    this.rough = roughChance.percent(50);
    this.pullChance = new RandomChoices(seed + PULL_SEED_OFFSET);
    this.handlingChance = new RandomChoices(seed + HANDLING_SEED_OFFSET);
    this.handling = handling;
    this.invariants = new InvariantChecks(runtime);
  }

  void play() {
    runtime.run(() -> {
      int disturbed = chance.between(0, 3);
      for (int i = 0; i < disturbed; i++) {
        runProcess(Phase.DISTURBED);
      }
      // A process must recover from its disturbances itself; if it fails, the next one must.
      if (chance.percent(40) || !runProcess(Phase.CALMING)) {
        calm();
        runProcess(Phase.CALM);
      }
      requireEverythingDone();
    });
  }

  /** One process of the schedule, with its source and checks. */
  abstract class ProcessRun {
    final VirtualProcess process;
    boolean calm;

    /** Whether it must handle everything, so that nothing may hang forever. */
    final boolean last;

    final int window;
    final DeliveryChecks deliveryChecks;
    final MemoryShortages shortages;

    /** The reports of closes that returned before their timeout. */
    final List<CloseReport> reports = new ArrayList<>();

    final Set<Reason> expectedFailures = EnumSet.noneOf(Reason.class);

    ProcessRun(VirtualProcess process, Phase phase, int window, int memory, Duration horizon) {
      this.process = process;
      this.calm = phase == Phase.CALM;
      this.last = phase != Phase.DISTURBED;
      this.window = window;
      boolean isShort = rough && !calm && roughChance.percent(25);
      boolean isShortInPulls = !calm && pullChance.percent(10);
      this.shortages =
          new MemoryShortages(
              process,
              roughChance,
              invariants,
              isShort,
              pullChance,
              isShortInPulls,
              () -> connectionChecks().outOfMemory());
      this.deliveryChecks =
          new DeliveryChecks(runtime, invariants, ackRecord, window, memory, horizon);
    }

    /** Returns the builder of the stream. */
    abstract EventStreamBuilder<Object> stream();

    /** Checks the failure of the stream. */
    void streamFailed(StreamFailedException why) {
      invariants.require(
          expectedFailures.contains(why.reason()),
          "the stream failed with %s: %s, caused by %s",
          why.reason().tag(),
          why.getMessage(),
          why.getCause());
      connectionChecks().streamFailed(why);
    }

    abstract ConnectionChecks<?> connectionChecks();

    /** Disturbs the process once. */
    abstract void disturb(Application application);

    /** Unblocks a process that waits for an event, after it has become calm. */
    abstract void unblock();

    /** Returns whether a calm process has done everything. */
    abstract boolean isDone();

    /** Waits until a failed stream has released its claim, and checks that it does so in time. */
    void awaitRelease() throws InterruptedException {}

    /** Returns whether all acks are saved that must be. */
    boolean isSaved() {
      return true;
    }

    /** Checks the state after a close. */
    abstract void closed(EventStream<Object> stream, CloseReport report, boolean done)
        throws InterruptedException;

    /** Cleans up after the process was killed. */
    abstract void killed();
  }

  abstract ProcessRun begin(VirtualProcess process, Phase phase);

  /** Ends all disturbances. */
  abstract void calm();

  /** Ends the disturbances of the store, if there is one. */
  void calmStore() {}

  abstract void requireEverythingDone();

  /** Runs a process and returns whether it did everything that it had to. */
  private boolean runProcess(Phase phase) throws InterruptedException {
    ProcessRun run = begin(runtime.process("process-" + ++processes), phase);
    invariants.note("process %s begins", processes);
    Ending ending = run.last ? Ending.CLOSED : chance.of(Ending.values());
    Duration closeTimeout = closeTimeout(run);
    EventStreamBuilder<Object> builder = run.stream().window(run.window).runtime(run.shortages);
    boolean handles = handling && handlingChance.percent(85);
    RandomKeys keys = new RandomKeys(handlingChance);
    HandlingChecks handlingChecks =
        new HandlingChecks(run.process, invariants, run.deliveryChecks, run.window, keys::of);
    if (handles) {
      run.deliveryChecks.anyOrder();
      builder.listener(handlingChecks);
    }
    ListenerClose closer = new ListenerClose(run, chance.between(1, 12), closeTimeout);
    if (ending == Ending.CLOSED_IN_LISTENER) {
      builder.listener(closer);
    }
    SlowListener slow = new SlowListener(run);
    boolean isSlow = rough && roughChance.percent(30);
    if (isSlow) {
      builder.listener(slow);
    }
    EventStream<Object> stream = builder.open();
    closer.stream = stream;
    handlingChecks.opened(stream);
    Application application =
        handles
            ? new HandlingApplication(
                runtime,
                chance,
                stream,
                run.deliveryChecks,
                invariants,
                run::streamFailed,
                run.shortages,
                run.window,
                () -> run.calm,
                run.process,
                handlingChance,
                handlingChecks,
                keys,
                () -> run.expectedFailures.add(Reason.HANDLER))
            : new Application(
                runtime,
                chance,
                stream,
                run.deliveryChecks,
                invariants,
                run::streamFailed,
                run.shortages,
                run.window,
                () -> run.calm);
    if (ending == Ending.CLOSED_IN_HANDLER) {
      application.closeInHandler(chance.between(1, 10), closeTimeout);
    }
    SimulatedThread puller = application.start(run.process);
    if (phase != Phase.CALM) {
      disturb(run, application, puller);
    }
    if (phase == Phase.CALMING) {
      run.calm = true;
      calm();
      run.shortages.end();
      run.unblock();
    }
    if (run.last) {
      awaitDone(run, stream, puller);
    }
    if (run.last) {
      awaitSaved(run, stream);
    }
    if (rough && hasFailed(stream)) {
      calmStore();
      run.awaitRelease();
    }
    boolean claimLost = application.failureReason() == Reason.CLAIM_LOST;
    if (rough && claimLost) {
      // Lets hanging calls of the store end, after which close has nothing to wait for.
      calmStore();
      runtime.sleep(Duration.ofMinutes(2));
    }
    boolean done = run.last && isDone(run) && !hasFailed(stream);
    if (rough && !run.last) {
      // A close is hardest at the moment when the stream or the application is busy.
      if (isSlow && roughChance.percent(70)) {
        slow.awaitCall();
      } else if (roughChance.percent(50)) {
        application.awaitTaken();
      }
    }
    invariants.note("now %s", ending);
    invariants.count(ending.toString());
    invariants.count("state " + stream.state());
    if (ending == Ending.KILLED) {
      run.process.kill();
      run.killed();
      return done;
    }
    if (ending == Ending.CLOSED_BY_TWO) {
      SimulatedThread other =
          run.process.spawn("closer", () -> closeConcurrently(run, stream, closeTimeout));
      closeConcurrently(run, stream, closeTimeout);
      other.join();
    }
    Duration begun = runtime.elapsed();
    CloseReport report = close(run, stream, closeTimeout);
    Duration took = runtime.elapsed().minus(begun);
    invariants.require(
        !rough || !claimLost || took.compareTo(CONNECTION_CLOSE.plus(STEPS)) <= 0,
        "without a claim and without a thread in the source, close took %s",
        took);
    if (stream.state() != StreamState.CLOSED) {
      // Another thread closes it, and the timeout of this close was too short to wait for that.
      report = awaitClosed(run, stream);
    }
    CloseReport last = report;
    run.reports.forEach(early ->
        invariants.require(early.equals(last), "one close reports %s, another %s", early, last));
    int stillRunning = handlingChecks.running();
    invariants.require(
        report.handlersRunning() >= stillRunning,
        "%s handlers run after the close, which reports %s",
        stillRunning,
        report);
    if (stillRunning > 0) {
      invariants.count("handler runs after the close");
    }
    application.finish();
    if (handles) {
      handlingChecks.requireNothingRuns();
    }
    requireTerminal(stream, report);
    run.deliveryChecks.requireLateAcksReported();
    int unacked = run.deliveryChecks.unacked();
    int heldBack = run.deliveryChecks.heldBack();
    invariants.require(
        report.unacked() >= unacked && report.unacked() <= unacked + heldBack,
        "%s, but %s of what was handed out are unacked, and %s was received only",
        report,
        unacked,
        heldBack);
    run.closed(stream, report, done);
    int timers = run.process.pendingTimers();
    invariants.require(!rough || timers == 0, "a closed stream has left %s timers", timers);
    return done;
  }

  /** Draws how long a call of connect takes. */
  Duration connectDelay() {
    return chance.percent(70) ? Duration.ZERO : chance.millis(1, 10_000);
  }

  private Duration closeTimeout(ProcessRun run) {
    if (run.last) {
      // Long enough to wait for a driver that is stuck, and to save after that.
      return Duration.ofMinutes(1);
    }
    Duration timeout =
        chance.of(Duration.ofSeconds(5), chance.millis(1, 1_000), chance.millis(1_000, 60_000));
    return rough && roughChance.percent(40)
        ? roughChance.of(
            Duration.ZERO, roughChance.nanos(1, 1_000), roughChance.nanos(1, 1_000_000))
        : timeout;
  }

  private void disturb(ProcessRun run, Application application, SimulatedThread puller)
      throws InterruptedException {
    Duration until =
        runtime.elapsed().plus(chance.of(chance.millis(0, 2_000), chance.millis(0, 90_000)));
    int disturbances = chance.between(0, 8);
    Duration step = until.minus(runtime.elapsed()).dividedBy(disturbances + 1);
    for (int i = 0; i < disturbances && !puller.hasEnded(); i++) {
      runtime.sleep(step);
      run.disturb(application);
    }
    puller.join(until.minus(runtime.elapsed()));
  }

  private void awaitDone(ProcessRun run, EventStream<Object> stream, SimulatedThread puller)
      throws InterruptedException {
    for (int i = 0; i < 3_600 && !isDone(run) && !puller.hasEnded(); i++) {
      runtime.sleep(Duration.ofSeconds(1));
    }
    invariants.require(
        isDone(run) || puller.hasEnded() && !run.expectedFailures.isEmpty(),
        "the last process has not done everything within the hour: %s %s",
        stream,
        stream.stats());
  }

  /** Checks that the stream saves in time without more acks and without a close. */
  private void awaitSaved(ProcessRun run, EventStream<Object> stream) throws InterruptedException {
    // Without a thread for the last save, the next ack or close makes it.
    if (run.shortages.haveHappened()) {
      return;
    }
    for (int i = 0; i < 600 && !hasFailed(stream) && !run.isSaved(); i++) {
      runtime.sleep(Duration.ofMillis(100));
    }
    invariants.require(
        hasFailed(stream) || run.isSaved(), "%s has not saved within the minute", stream);
  }

  private static boolean hasFailed(EventStream<Object> stream) {
    return stream.state() == StreamState.FAILED;
  }

  private static boolean isDone(ProcessRun run) {
    return run.isDone() && run.deliveryChecks.unacked() == 0;
  }

  private void closeConcurrently(ProcessRun run, EventStream<Object> stream, Duration timeout) {
    Duration begun = runtime.elapsed();
    CloseReport report = close(run, stream, timeout);
    if (runtime.elapsed().minus(begun).compareTo(timeout) < 0) {
      run.reports.add(report);
    }
  }

  private CloseReport close(ProcessRun run, EventStream<Object> stream, Duration timeout) {
    run.deliveryChecks.closing();
    Duration begun = runtime.elapsed();
    invariants.note("closes within %s", timeout);
    boolean inPull = run.shortages.isPulling();
    run.shortages.leavePull();
    CloseReport report = stream.close(timeout);
    if (inPull) {
      run.shortages.enterPull();
    }
    invariants.note("closed: %s", report);
    Duration took = runtime.elapsed().minus(begun);
    // Without another thread, the closing thread makes the calls that may be slow.
    invariants.require(
        run.shortages.haveHappened() || took.compareTo(timeout.plus(STEPS)) <= 0,
        "close(%s) took %s",
        timeout,
        took);
    if (stream.state() == StreamState.CLOSED) {
      run.deliveryChecks.closed();
    }
    return report;
  }

  private CloseReport awaitClosed(ProcessRun run, EventStream<Object> stream)
      throws InterruptedException {
    for (int i = 0; i < 1_200 && stream.state() != StreamState.CLOSED; i++) {
      runtime.sleep(Duration.ofMillis(100));
    }
    invariants.require(stream.state() == StreamState.CLOSED, "%s is not closed", stream);
    run.deliveryChecks.closed();
    return stream.close(Duration.ZERO);
  }

  private void requireTerminal(EventStream<Object> stream, CloseReport report) {
    invariants.require(stream.state() == StreamState.CLOSED, "%s is not closed", stream);
    CloseReport again = stream.close(Duration.ZERO);
    invariants.require(
        again.equals(report), "closed again, it reports %s instead of %s", again, report);
    try {
      Object next = stream.next(Duration.ZERO);
      invariants.require(false, "a closed stream returned %s", next);
    } catch (dev.perennial.StreamClosedException e) {
      // Expected.
    } catch (InterruptedException e) {
      invariants.require(false, "a closed stream waited");
    }
  }

  /** A listener that takes a random time for each call, and sometimes runs out of memory. */
  private final class SlowListener implements StreamListener {

    private final ProcessRun run;
    private final Signal called = runtime.newSignal();
    private int running;

    SlowListener(ProcessRun run) {
      this.run = run;
    }

    /** Waits up to 20 s until a thread is inside the listener. */
    void awaitCall() throws InterruptedException {
      called.await(() -> running > 0, Duration.ofSeconds(20));
    }

    private void delay() {
      run.shortages.maybeThrow("a listener");
      if (roughChance.percent(50)) {
        return;
      }
      running++;
      called.raise();
      try {
        runtime.sleep(
            roughChance.of(roughChance.nanos(1, 1_000_000), roughChance.millis(1, SLOW_MILLIS)));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        running--;
      }
    }

    @Override
    public void onTransition(Transition transition) {
      delay();
    }

    @Override
    public void onCheckpointSaved(CheckpointSaved saved) {
      delay();
    }

    @Override
    public void onCheckpointSaveFailed(CheckpointSaveFailed failed) {
      delay();
    }

    @Override
    public void onRedeliveryDropped(RedeliveryDropped dropped) {
      delay();
    }

    @Override
    public void onMalformed(MalformedReceived received) {
      delay();
    }

    @Override
    public void onLateAck(LateAck late) {
      delay();
    }

    @Override
    public void onHandlerFailed(HandlerFailed failed) {
      delay();
    }

    @Override
    public void onSkipped(Skipped skipped) {
      delay();
    }

    @Override
    public void onDeadLettered(DeadLettered deadLettered) {
      delay();
    }

    @Override
    public void onDeadLetterFailed(DeadLetterFailed failed) {
      delay();
    }
  }

  /** A listener that closes the stream. */
  private final class ListenerClose implements StreamListener {

    private final ProcessRun run;
    private final Duration timeout;
    private int left;
    private @Nullable EventStream<Object> stream;

    ListenerClose(ProcessRun run, int after, Duration timeout) {
      this.run = run;
      this.left = after;
      this.timeout = timeout;
    }

    private void tick() {
      EventStream<Object> open = stream;
      if (open != null && --left == 0) {
        close(run, open, timeout);
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

    @Override
    public void onHandlerFailed(HandlerFailed failed) {
      tick();
    }

    @Override
    public void onSkipped(Skipped skipped) {
      tick();
    }

    @Override
    public void onDeadLettered(DeadLettered deadLettered) {
      tick();
    }

    @Override
    public void onHandlerSlow(HandlerSlow slow) {
      tick();
    }
  }
}
