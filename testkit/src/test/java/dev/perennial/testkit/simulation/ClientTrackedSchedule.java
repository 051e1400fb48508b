package dev.perennial.testkit.simulation;

import dev.perennial.Checkpoints;
import dev.perennial.CloseReport;
import dev.perennial.CloseReport.CheckpointOutcome;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.Recovery;
import dev.perennial.testkit.ConnectAnswer;
import dev.perennial.testkit.ConnectionScript;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.InMemoryCheckpointStore.Call;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedFailure;
import dev.perennial.testkit.ScriptedMalformed;
import dev.perennial.testkit.ScriptedPosition;
import dev.perennial.testkit.ScriptedSource.Connect;
import dev.perennial.testkit.VirtualProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * A schedule of a client-tracked source and a store. The source has a log of events at positions
 * 10, 20, 30 and so on, and can lose the beginning of the log. Each save is checked before it
 * reaches the store, and each position to connect at before the source connects.
 */
final class ClientTrackedSchedule extends Schedule {

  private static final String ID = "orders";
  private static final int STEP = 10;

  /** How long the deliveries of a failed stream may still be settled. */
  private static final Duration SETTLE_TIME = EventStream.DEFAULT_CLOSE_TIMEOUT;

  /** The longest that a call of the store hangs if the store has been healed meanwhile. */
  private static final Duration LONGEST_HANG = Duration.ofSeconds(45);

  /** The longest that the claim of a killed process is kept. */
  private static final Duration LONGEST_LEASE = Duration.ofSeconds(10);

  /** The longest wait after the first failed save. */
  private static final Duration FIRST_SAVE_RETRY = Duration.ofMillis(100);

  /** The distance of a progress from the event before it. */
  private static final int PROGRESS = 5;

  /** The distance of the beginning of the log from the last lost event before it. */
  private static final int FORGOTTEN = 7;

  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore(runtime);
  private final List<Object> log = new ArrayList<>();
  private final boolean startIsKnown = chance.percent(85);
  private long forgottenTo;
  private boolean leasePending;
  private int notices;

  ClientTrackedSchedule(long seed) {
    this(seed, false);
  }

  /**
   * Makes a schedule.
   *
   * @param handling whether most processes consume with a random {@code Handling}
   */
  ClientTrackedSchedule(long seed, boolean handling) {
    super(seed, handling);
    int events = chance.between(5, 40);
    for (int i = 1; i <= events; i++) {
      log.add(chance.percent(5) ? new ScriptedMalformed("garbage " + i) : "event " + i);
    }
  }

  @Override
  ProcessRun begin(VirtualProcess process, Phase phase) {
    return new ClientRun(process, phase, chance.of(chance.between(1, 4), chance.between(4, 64)));
  }

  @Override
  void calm() {
    store.heal();
  }

  @Override
  void calmStore() {
    store.heal();
  }

  @Override
  void requireEverythingDone() {
    for (long position = STEP; position <= end(); position += STEP) {
      invariants.require(isSettled(position), "%s was lost", at(position));
    }
  }

  private long end() {
    return (long) log.size() * STEP;
  }

  private Object at(long position) {
    return log.get((int) (position / STEP) - 1);
  }

  private boolean isSettled(long position) {
    return ackRecord.isAcked(at(position)) || position <= forgottenTo;
  }

  private final class ClientRun extends ProcessRun
      implements StreamListener, WatchedStore.Listener {

    /**
     * The notice of a restart.
     *
     * @param atLost whether the stream restarts at the lost position, which may be saved already
     */
    private record Notice(Object event, long from, boolean atLost) {}

    private final ScriptedClientSource<Object> scripted = new ScriptedClientSource<>(process);
    private final ConnectionChecks<ScriptedPosition> connectionChecks;
    private final Duration firstDelay = chance.millis(100, 2_000);
    private final Duration stableAfter = chance.of(Duration.ofSeconds(30), chance.millis(0, 3_000));
    private final List<Notice> ownNotices = new ArrayList<>();
    private final boolean mayEnd = !last && chance.percent(20);
    private int repeatedLosses;
    private boolean stopped;
    private boolean claimLost;
    private boolean mayHang;
    private int savesAfterLoss;

    /** The position of the last save that was tried, or of the loaded checkpoint. */
    private long lastSaved = Long.MIN_VALUE;

    /** The position of the last save that has succeeded. */
    private OptionalLong confirmedSave = OptionalLong.empty();

    private int failedSaves;

    ClientRun(VirtualProcess process, Phase phase, int window) {
      super(process, phase, window, Integer.MAX_VALUE, Duration.ofDays(365));
      this.connectionChecks =
          new ConnectionChecks<>(
              runtime,
              invariants,
              deliveryChecks,
              scripted.errors(),
              firstDelay.dividedBy(2),
              stableAfter);
    }

    @Override
    EventStreamBuilder<Object> stream() {
      scripted.backoff(BackoffPolicy.exponential(firstDelay, Duration.ofSeconds(60)));
      if (startIsKnown) {
        scripted.start(0);
      } else {
        scripted.noStart();
      }
      scripted.thereafter(this::answer).recoversAlways((lost, cause) -> decide(lost));
      if (!calm) {
        scriptTheStart();
      }
      WatchedClientSource source =
          new WatchedClientSource(
              scripted,
              connectionChecks,
              invariants,
              deliveryChecks,
              shortages,
              this::requireSavedStart);
      Checkpoints checkpoints =
          Checkpoints.in(new WatchedStore(store, this, shortages), ID)
              .every(chance.between(1, 8), chance.millis(1, 3_000));
      if (!calm && chance.percent(50)) {
        checkpoints = checkpoints.tolerateOutage(chance.millis(1_000, 30_000));
      }
      if (!calm && chance.percent(20)) {
        checkpoints = checkpoints.waitForClaim(chance.millis(0, 5_000));
        expectedFailures.add(Reason.CHECKPOINT);
      }
      if (rough && !calm && roughChance.percent(10)) {
        invariants.count("start afresh");
        checkpoints = checkpoints.startAfresh();
      }
      EventStreamBuilder<Object> stream =
          EventStream.from(source, checkpoints).stableAfter(stableAfter).listener(this);
      if (!calm && chance.percent(20)) {
        int most = chance.between(1, 6);
        stream.maxAttempts(most);
        connectionChecks.maxAttempts(most);
        expectedFailures.add(Reason.ATTEMPTS_EXHAUSTED);
      }
      return stream;
    }

    private void scriptTheStart() {
      if (chance.percent(15)) {
        scripted.startFails(ScriptedFailure.retry("no start yet"));
      }
      if (chance.percent(15)) {
        scripted.startTakes(chance.millis(1, 10_000));
      }
    }

    // --- what the source does

    private ConnectAnswer<Object> answer(Connect<ScriptedPosition> connect) {
      long after = connect.after().map(ScriptedPosition::value).orElse(forgottenTo);
      if (calm) {
        return after < forgottenTo
            ? ConnectAnswer.fails(lost())
            : ConnectAnswer.connects(lines -> addEvents(lines, after));
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
            chance.of(ScriptedFailure.fatal("denied"), ScriptedFailure.unknown("what?")));
      } else if (after < forgottenTo || repeatedLosses > 0) {
        repeatedLosses = Math.max(0, repeatedLosses - 1);
        return chance.percent(50)
            ? ConnectAnswer.fails(lost())
            : ConnectAnswer.connects(lines -> lines.pause(connectDelay()).lose(lost()));
      }
      return ConnectAnswer.<Object>connects(lines -> addDisturbedEvents(lines, after))
          .after(connectDelay());
    }

    private ScriptedFailure lost() {
      return ScriptedFailure.positionLost("the log begins after " + forgottenTo);
    }

    private void addEvents(ConnectionScript<Object> lines, long after) {
      for (long position = after - after % STEP + STEP; position <= end(); position += STEP) {
        lines.event(position, at(position));
      }
    }

    private void addDisturbedEvents(ConnectionScript<Object> lines, long after) {
      if (chance.percent(20)) {
        lines.ignoresWakeUp();
      }
      scriptTheClose(lines);
      for (long position = after - after % STEP + STEP; position <= end(); position += STEP) {
        if (chance.percent(30)) {
          lines.pause(chance.of(chance.millis(1, 200), chance.millis(100, 20_000)));
        }
        int dice = chance.between(0, 199);
        if (dice < 16) {
          lines.lose(ScriptedFailure.retry("cut"));
          return;
        } else if (dice < 18) {
          lines.lose(ScriptedFailure.retryAfter(chance.millis(1, 20_000), "go away for a while"));
          return;
        } else if (dice < 20) {
          lines.hang(chance.millis(1, 20_000));
        } else if (dice < 22) {
          lines.stall(chance.millis(1, 20_000));
        } else if (dice < 23) {
          if (last) {
            lines.hang(chance.millis(1, 20_000));
          } else {
            lines.hang();
          }
        }
        lines.event(position, at(position));
        if (chance.percent(15)) {
          lines.progress(position + PROGRESS);
        }
      }
      if (mayEnd) {
        lines.end();
      }
    }

    private void scriptTheClose(ConnectionScript<Object> lines) {
      int dice = chance.between(0, 99);
      if (dice < 5) {
        lines.closeTakes(chance.millis(1, 10_000));
      } else if (dice < 8) {
        lines.closeFails(new IOException("no goodbye"));
      }
    }

    private Recovery<Object, ScriptedPosition> decide(ScriptedPosition lost) throws Exception {
      if (!calm && chance.percent(10)) {
        throw ScriptedFailure.retry("cannot decide now");
      }
      if (!calm && chance.percent(15)) {
        expectedFailures.add(Reason.POSITION_LOST);
        stopped = true;
        return Recovery.stop();
      }
      long from = Math.max(forgottenTo, lost.value());
      if (chance.percent(40)) {
        return Recovery.restart(new ScriptedPosition(from));
      }
      Object notice = "notice " + ++notices;
      ownNotices.add(new Notice(notice, from, from == lost.value()));
      return Recovery.restart(new ScriptedPosition(from), notice);
    }

    // --- what is checked as it happens

    private void requireSavedStart() {
      invariants.require(
          !startIsKnown || confirmedSave.isPresent(),
          "the stream connects before its start is saved");
    }

    @Override
    public void claiming() {
      // An error of the store at the first call fails the stream.
      if (shortages.arePossible() || shortages.haveHappened()) {
        expectedFailures.add(Reason.CHECKPOINT);
      }
    }

    @Override
    public void loaded(Checkpoint checkpoint) {
      lastSaved = Long.parseLong(checkpoint.position());
      confirmedSave = OptionalLong.of(lastSaved);
    }

    @Override
    public void saved(Checkpoint checkpoint) {
      confirmedSave = OptionalLong.of(Long.parseLong(checkpoint.position()));
      failedSaves = 0;
    }

    @Override
    public void saving(Checkpoint checkpoint) {
      long saved = Long.parseLong(checkpoint.position());
      invariants.note("saves %s", saved);
      invariants.count("save");
      // A save that was running when the claim was lost may still reach the store.
      invariants.require(
          !claimLost || ++savesAfterLoss == 1,
          "the stream saves %s although its claim is lost",
          saved);
      invariants.require(
          saved >= lastSaved, "the checkpoint moves back from %s to %s", lastSaved, saved);
      invariants.require(
          !confirmedSave.equals(OptionalLong.of(saved)),
          "the stream saves %s, which is saved already",
          saved);
      lastSaved = saved;
      for (long position = STEP; position <= Math.min(saved, end()); position += STEP) {
        Object event = at(position);
        boolean gone = position <= forgottenTo && !deliveryChecks.isHandedOut(event);
        invariants.require(
            ackRecord.isAcked(event) || gone,
            "the checkpoint passes %s, which is not acked, with %s",
            event,
            saved);
      }
      for (Notice notice : ownNotices) {
        invariants.require(
            saved < notice.from
                || ackRecord.isAcked(notice.event)
                || (saved == notice.from && notice.atLost),
            "the checkpoint passes %s, which is not acked, with %s",
            notice,
            saved);
      }
    }

    @Override
    public void onTransition(Transition transition) {
      invariants.note("%s", transition);
      if (transition.to() == StreamState.BACKING_OFF) {
        connectionChecks.backingOff(transition);
      }
    }

    @Override
    public void onCheckpointSaveFailed(CheckpointSaveFailed failed) {
      invariants.count("save failed");
      Duration most = FIRST_SAVE_RETRY.multipliedBy(1L << Math.min(failedSaves++, 10));
      invariants.require(
          // A save that failed without memory is counted, but may not be reported.
          shortages.haveHappened() || failed.retryIn().orElse(Duration.ZERO).compareTo(most) <= 0,
          "after %s failed saves in a row the next retry is in %s",
          failedSaves,
          failed.retryIn());
    }

    @Override
    public void onLateAck(LateAck late) {
      deliveryChecks.lateAck(late.position());
    }

    // --- disturbing

    @Override
    void streamFailed(StreamFailedException why) {
      super.streamFailed(why);
      invariants.require(
          why.reason() != Reason.POSITION_LOST || stopped || connectionChecks.mayStopRecovering(),
          "the stream gave up its position although connections have proved themselves");
    }

    @Override
    ConnectionChecks<?> connectionChecks() {
      return connectionChecks;
    }

    @Override
    void unblock() {}

    @Override
    void disturb(Application application) {
      int kind = chance.between(0, 9);
      invariants.note("disturbance %s", kind);
      invariants.count("disturbance " + kind);
      switch (kind) {
        case 0 ->
            injectFault(() ->
                store.fail(chance.of(Call.CLAIM, Call.LOAD, Call.SAVE), chance.between(1, 5)));
        case 1 ->
            injectFault(
                () -> store.failAfterEffect(chance.of(Call.values()), chance.between(1, 3)));
        case 2 -> injectFault(() -> store.hang(chance.of(Call.values()), chance.millis(1, 40_000)));
        case 3 -> injectFault(() -> store.hang(Call.SAVE));
        case 4 -> store.heal();
        case 5 -> injectFault(() -> store.takes(chance.millis(1, 3_000)));
        case 6 -> {
          if (!leasePending && chance.percent(40)) {
            expectedFailures.add(Reason.CLAIM_LOST);
            boolean held = store.isClaimed(ID);
            store.loseClaim(ID);
            claimLost |= held;
          }
        }
        case 7 -> forgetHistory();
        default -> application.interrupt();
      }
    }

    private void injectFault(Runnable fault) {
      mayHang = true;
      expectedFailures.add(Reason.CHECKPOINT);
      fault.run();
    }

    private void forgetHistory() {
      expectedFailures.add(Reason.POSITION_LOST);
      forgottenTo = Math.max(forgottenTo, (long) chance.between(1, log.size()) * STEP + FORGOTTEN);
      repeatedLosses = chance.percent(30) ? chance.between(1, 6) : 0;
    }

    @Override
    void awaitRelease() throws InterruptedException {
      Duration most =
          SETTLE_TIME
              // A release without memory is tried again after the same time.
              .multipliedBy(shortages.haveHappened() ? 3 : 1)
              .plusMillis(2 * SLOW_MILLIS)
              // The claim may still be that of a killed process.
              .plus(leasePending ? LONGEST_LEASE : Duration.ZERO)
              .plus(mayHang ? LONGEST_HANG : STEPS);
      Duration until = runtime.elapsed().plus(most);
      while (store.isClaimed(ID) && runtime.elapsed().compareTo(until) < 0) {
        runtime.sleep(Duration.ofMillis(100));
      }
      if (store.isClaimed(ID) && shortages.allowedNeitherThreadNorTimer()) {
        // Only the close that follows can release it.
        return;
      }
      invariants.require(
          !store.isClaimed(ID), "a failed stream still has its claim after %s", most);
      runtime.sleep(Duration.ofSeconds(2));
      invariants.require(!store.isClaimed(ID), "a failed stream has claimed its checkpoint again");
    }

    // --- at the end

    @Override
    boolean isDone() {
      for (long position = STEP; position <= end(); position += STEP) {
        if (!isSettled(position)) {
          return false;
        }
      }
      return ownNotices.stream().allMatch(notice -> ackRecord.isAcked(notice.event));
    }

    @Override
    void closed(EventStream<Object> stream, CloseReport report, boolean done)
        throws InterruptedException {
      if (report.checkpoint() == CheckpointOutcome.SAVED) {
        requireAllSaved();
      }
      store.heal();
      for (int i = 0; i < 120 && !(scripted.isClosed() && !store.isClaimed(ID)); i++) {
        runtime.sleep(Duration.ofSeconds(1));
        if (shortages.haveHappened()) {
          // Only another close retries a release that got no thread.
          stream.close(Duration.ZERO);
        }
      }
      invariants.require(scripted.isClosed(), "the source was not closed in two minutes");
      invariants.require(!store.isClaimed(ID), "the claim was not released in two minutes");
      // An old event may have been delivered again while the close began, and stays unacked.
      if (done && deliveryChecks.handedOut() > 0 && deliveryChecks.unacked() == 0) {
        invariants.require(
            report.checkpoint() == CheckpointOutcome.SAVED,
            "all events are acked and the store works, but close returned %s",
            report);
      }
    }

    /** Checks that the saved checkpoint covers all events before the first unacked one. */
    private void requireAllSaved() {
      long unsaved = oldestUnsaved();
      invariants.require(
          unsaved == 0,
          "the event at %s is acked, and all before it, but the saved checkpoint is %s",
          unsaved,
          store.checkpoint(ID));
    }

    /** Returns the first unsaved position before the first unacked event; zero if there is none. */
    private long oldestUnsaved() {
      long saved =
          store.checkpoint(ID).map(checkpoint -> Long.parseLong(checkpoint.position())).orElse(-1L);
      for (long position = STEP; position <= end(); position += STEP) {
        if (deliveryChecks.isHandedOut(at(position))) {
          if (deliveryChecks.isUnacked(at(position)) || isHeldByNotice(position)) {
            return 0;
          }
          if (saved < position) {
            return position;
          }
        } else if (deliveryChecks.wasReceived(at(position))) {
          return 0;
        }
      }
      return 0;
    }

    @Override
    boolean isSaved() {
      return oldestUnsaved() == 0;
    }

    private boolean isHeldByNotice(long position) {
      return ownNotices.stream()
          .anyMatch(notice -> notice.from < position && !ackRecord.isAcked(notice.event));
    }

    @Override
    void killed() {
      store.heal();
      Duration lease = chance.of(Duration.ZERO, chance.millis(1, (int) LONGEST_LEASE.toMillis()));
      // Until the lease expires no other stream can claim it.
      if (store.isClaimed(ID) && !leasePending) {
        leasePending = true;
        runtime.schedule(
            lease,
            () -> {
              store.expireClaim(ID);
              leasePending = false;
            });
      }
    }
  }
}
