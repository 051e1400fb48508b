package dev.perennial.testkit.simulation;

import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.KeyQuarantinedException;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.StreamStats;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.Position;
import dev.perennial.testkit.VirtualProcess;
import dev.perennial.testkit.simulation.HandlingCall.End;
import dev.perennial.testkit.simulation.HandlingCall.Order;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Checks of the handlers and sinks of one process: in which order and how many at once they run,
 * when the stream retries, and what becomes of events that fail for good.
 */
final class HandlingChecks implements StreamListener {

  /** A handler or sink that runs. */
  static final class Run {
    final List<Delivery<Object>> deliveries;

    /** What the sink gets; null for a handler. */
    private final @Nullable Letter letter;

    private Run(List<Delivery<Object>> deliveries, @Nullable Letter letter) {
      this.deliveries = deliveries;
      this.letter = letter;
    }

    private Letter letter() {
      return Objects.requireNonNull(letter);
    }

    List<Delivery<Object>> open() {
      return deliveries.stream().filter(delivery -> !delivery.isSettled()).toList();
    }
  }

  /** A thread that runs handlers. */
  private static final class Worker {
    @Nullable Run run;

    /** What the first handler of the current turn got. */
    List<Delivery<Object>> turn = List.of();

    /** The deliveries of a failed batch, which the handler gets again by halves. */
    final Set<Delivery<?>> halves = Collections.newSetFromMap(new IdentityHashMap<>());
  }

  /** An event that the sink must get. */
  private static final class Letter {
    Delivery<Object> delivery;
    final Throwable error;
    boolean accepted;

    Letter(Delivery<Object> delivery, Throwable error) {
      this.delivery = delivery;
      this.error = error;
    }
  }

  /** A delivery of which only a report shows that it was attempted, because its key failed. */
  private record UnseenDelivery(Object event, Position position, int attempt)
      implements Delivery<Object> {

    @Override
    public Optional<Throwable> lastError() {
      return Optional.empty();
    }

    @Override
    public Optional<Checkpoint> checkpoint() {
      return Optional.empty();
    }

    @Override
    public boolean ack() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean nack() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean nack(Duration wait) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isSettled() {
      return false;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  /** The longest that the source keeps the pulling thread from dispatching what was received. */
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(45);

  private final VirtualProcess process;
  private final InvariantChecks invariants;
  private final DeliveryChecks deliveryChecks;
  private final int window;

  /** Returns the key of an event; null if it has none, also if its key fails. */
  private final Function<Object, @Nullable Object> keys;

  private @Nullable EventStream<Object> stream;
  private @Nullable HandlingCall call;
  private int most;
  private Duration callBegun = Duration.ZERO;

  /** What a handler has thrown that stops the stream. */
  private @Nullable Throwable stoppedBy;

  private Duration leastSlow = Duration.ofDays(1);
  private final Map<Thread, Worker> workers = new LinkedHashMap<>();
  private final Set<Run> runs = new LinkedHashSet<>();

  /** Events that were handed out in another way than to a handler, which promises no order. */
  private final Set<Object> taken = new HashSet<>();

  /** Events that several threads may settle, so that it is not known who has. */
  private final Set<Object> shared = new HashSet<>();

  private final Set<Object> begunUnordered = new HashSet<>();
  private final Set<Object> begunPerKey = new HashSet<>();

  /** The events whose key was asked for in the current call. */
  private final Set<Object> keyed = new HashSet<>();

  private final Map<Throwable, Object> keyErrors = new IdentityHashMap<>();

  /** The runs that have failed, by what they threw. */
  private final Map<Throwable, Run> failed = new IdentityHashMap<>();

  private final Map<Position, Object> positions = new HashMap<>();
  private final Set<Object> slow = new HashSet<>();
  private final Map<Object, Throwable> lastErrors = new HashMap<>();

  /** How many attempts at each event have failed; those by halves belong to that of the batch. */
  private final Map<Object, Integer> failures = new HashMap<>();

  /** How many times each event that failed had been handed out as a new one. */
  private final Map<Object, Integer> failedAsNew = new HashMap<>();

  private final Map<Throwable, Delivery<Object>> skipped = new IdentityHashMap<>();
  private final Map<Object, Letter> letters = new HashMap<>();
  private final Map<Throwable, Letter> lettersByError = new IdentityHashMap<>();
  private final Map<Throwable, Letter> refused = new IdentityHashMap<>();
  private final Set<Object> quarantined = new LinkedHashSet<>();
  private final Set<Object> succeeded = new HashSet<>();
  private final Set<Object> deadLettered = new HashSet<>();
  private int failureReports;
  private int skipReports;
  private int letterReports;

  HandlingChecks(
      VirtualProcess process,
      InvariantChecks invariants,
      DeliveryChecks deliveryChecks,
      int window,
      Function<Object, @Nullable Object> keys) {
    this.process = process;
    this.invariants = invariants;
    this.deliveryChecks = deliveryChecks;
    this.window = window;
    this.keys = keys;
  }

  void opened(EventStream<Object> opened) {
    stream = opened;
  }

  private EventStream<Object> stream() {
    return Objects.requireNonNull(stream);
  }

  // --- calls of consume

  void callBegins(HandlingCall begun, int mostHandlers) {
    invariants.note("call %s", begun);
    call = begun;
    callBegun = deliveryChecks.elapsed();
    stoppedBy = null;
    most = mostHandlers;
    if (begun.slowAfter().compareTo(leastSlow) < 0) {
      leastSlow = begun.slowAfter();
    }
    keyed.clear();
    letters.clear();
  }

  void callEnded() {
    if (process.isKilled()) {
      return;
    }
    invariants.note("the call has ended");
    invariants.require(runs.isEmpty(), "consume returned while %s handlers run", runs.size());
    workers.keySet().forEach(deliveryChecks::acksEnded);
    workers.clear();
    call = null;
  }

  /** Checks that a call which has returned normally was not to throw what a handler threw. */
  void requireNotStopped() {
    invariants.require(
        stoppedBy == null, "consume returned, although a handler stopped it: %s", stoppedBy);
  }

  /**
   * Checks that a call which has returned because the source is complete has handled everything.
   */
  void requireAllHandled() {
    List<Object> left =
        deliveryChecks.unackedBefore("").stream()
            .filter(event -> !taken.contains(event) && !shared.contains(event))
            .toList();
    invariants.require(
        stream().state() != StreamState.ENDED || left.isEmpty(),
        "consume returned at the end of the source, but has not handled %s",
        left);
  }

  /** Records the call for the key of an event, and what the function throws. */
  void keyOf(Object event, @Nullable Throwable error) {
    invariants.require(
        keyed.add(event)
            || deliveryChecks.wasForgotten(event)
            || deliveryChecks.mayBeForgotten(event),
        "the key of %s was asked for twice in one call",
        event);
    if (error != null) {
      keyErrors.put(error, event);
    }
  }

  /** Records an event that a call other than consume has returned. */
  void taken(Object event) {
    taken.add(event);
  }

  /**
   * Records an event that is nacked, or may be: those behind it in its batch are nacked too,
   * without another attempt.
   */
  void mayHoldUpOthers(Object event) {
    HandlingCall by = call;
    if (by == null || !by.isBatch() || by.order() == Order.UNORDERED) {
      return;
    }
    Object key = keys.apply(event);
    for (Object other : deliveryChecks.unacked(event)) {
      if (by.order() == Order.IN_ORDER || (key != null && key.equals(keys.apply(other)))) {
        deliveryChecks.mayBeNackedUnseen(other);
      }
    }
  }

  /** Records an event that other threads may settle too. */
  void shared(Object event) {
    shared.add(event);
    mayHoldUpOthers(event);
    deliveryChecks.waitIsUnknown(event);
  }

  // --- handlers and sinks

  int running() {
    return runs.size();
  }

  boolean isRunning(Thread thread) {
    Worker worker = workers.get(thread);
    return worker != null && worker.run != null && worker.run.letter == null;
  }

  private Worker worker() {
    return workers.computeIfAbsent(Thread.currentThread(), thread -> new Worker());
  }

  /** Checks that no event waits for a handler that hangs, unless it has the same key. */
  void requireOthersHandled(HandlingCall by) {
    boolean mayRunMore =
        by == call
            && runs.size() < most
            && !deliveryChecks.isReceivingNow()
            && by.threads() != HandlingCall.Threads.REJECTING
            && EnumSet.of(StreamState.LIVE, StreamState.ENDED).contains(stream().state());
    if (!mayRunMore || deliveryChecks.elapsed().minus(callBegun).compareTo(LONGEST_DELAY) < 0) {
      return;
    }
    for (Object event : deliveryChecks.receivedBefore(LONGEST_DELAY)) {
      Object key = by.order() == Order.PER_KEY ? keys.apply(event) : null;
      invariants.require(
          key != null
              && deliveryChecks.unacked(event).stream().anyMatch(o -> key.equals(keys.apply(o))),
          "%s is not handled, although only %s of %s handlers run",
          event,
          runs.size(),
          most);
      invariants.count("waits for its key");
    }
  }

  /** Checks a handler that begins. */
  Run handlerBegins(HandlingCall by, List<Delivery<Object>> deliveries) {
    Worker worker = worker();
    deliveryChecks.previousAckEnded();
    if (worker.halves.containsAll(deliveries)) {
      deliveries.forEach(worker.halves::remove);
      invariants.count("half of a batch");
    } else {
      worker.halves.clear();
      worker.turn = deliveries;
      deliveries.forEach(deliveryChecks::handedOutInAnyOrder);
    }
    for (Delivery<Object> delivery : deliveries) {
      Object event = delivery.event();
      invariants.require(
          !delivery.isSettled() || shared.contains(event),
          "a handler got the settled %s",
          delivery);
      if (delivery.attempt() == 1 && deliveryChecks.wasForgotten(event)) {
        letters.remove(event);
      }
      invariants.require(
          !letters.containsKey(event) || letter(event).accepted || shared.contains(event),
          "a handler got %s, which is for the sink",
          event);
      invariants.require(
          keyErrors.isEmpty() || by.order() != Order.PER_KEY || !keyErrors.containsValue(event),
          "a handler got %s, whose key failed",
          event);
      invariants.require(
          !by.quarantine() || !quarantined.contains(keys.apply(event)),
          "a handler got %s, whose key is in quarantine",
          event);
      if (!shared.contains(event) && !deliveryChecks.wasForgotten(event)) {
        invariants.require(
            delivery.lastError().orElse(null) == lastErrors.get(event),
            "%s has the last error %s instead of %s",
            delivery,
            delivery.lastError(),
            lastErrors.get(event));
      }
    }
    return begins(by, new Run(deliveries, null));
  }

  /** Checks a sink that begins. */
  Run sinkBegins(HandlingCall by, Delivery<Object> delivery, Throwable error) {
    Worker worker = worker();
    Object event = delivery.event();
    deliveryChecks.previousAckEnded();
    Letter letter = letters.get(event);
    if (letter != null && letter.error != error && deliveryChecks.wasForgotten(event)) {
      letter = null;
    }
    if (letter != null && letter.accepted && letter.error == error && shared.contains(event)) {
      // Another thread has nacked the event before the stream could ack it.
      deliveryChecks.attemptIsUnseen(event);
      letter.accepted = false;
    }
    if (letter == null || letter.accepted) {
      invariants.require(
          error instanceof KeyQuarantinedException
              && by.quarantine()
              && quarantined.contains(keys.apply(event)),
          "the sink got %s with %s",
          delivery,
          error);
      invariants.count("quarantined");
      if (!worker.halves.remove(delivery)) {
        deliveryChecks.handedOutInAnyOrder(delivery);
      }
      letter = new Letter(delivery, error);
      letters.put(event, letter);
      lettersByError.put(error, letter);
    } else {
      if (letter.delivery instanceof UnseenDelivery unseen) {
        invariants.require(
            unseen.attempt == delivery.attempt(), "the sink got %s after %s", delivery, unseen);
        deliveryChecks.seen(delivery);
        letter.delivery = delivery;
      }
      invariants.require(
          letter.delivery == delivery && letter.error == error,
          "the sink got %s with %s instead of %s with %s",
          delivery,
          error,
          letter.delivery,
          letter.error);
      if (shared.contains(event)) {
        deliveryChecks.waitIsUnknown(event);
      }
      deliveryChecks.requireWaited(event);
    }
    if (!by.isBatch()) {
      worker.turn = List.of(delivery);
    }
    return begins(by, new Run(List.of(delivery), letter));
  }

  private Run begins(HandlingCall by, Run run) {
    Worker worker = worker();
    invariants.require(by == call, "a handler of a call that has returned begins: %s", by);
    invariants.require(worker.run == null, "a handler begins inside another");
    StreamState state = stream().state();
    invariants.require(
        !deliveryChecks.isClosed() && state != StreamState.CLOSED,
        "a handler begins after close() has returned");
    invariants.require(
        state != StreamState.CLOSING
            && (state != StreamState.FAILED || by.order() == Order.IN_ORDER),
        "a handler begins though the stream is %s",
        state);
    requireOrder(by, run);
    run.deliveries.forEach(delivery -> positions.put(delivery.position(), delivery.event()));
    runs.add(run);
    worker.run = run;
    invariants.require(
        runs.size() <= most, "%s handlers run at once instead of %s", runs.size(), most);
    StreamStats stats = stream().stats();
    invariants.require(
        stats.handlersRunning() >= runs.size() && stats.handlersRunning() <= by.handlers(),
        "%s handlers run, but stats() says %s",
        runs.size(),
        stats.handlersRunning());
    invariants.require(
        stats.unacked() <= window, "stats() says that %s are unacked", stats.unacked());
    invariants.require(
        stats.keysWaiting() >= 0
            && stats.keysWaiting() <= window + by.handlers() * Math.max(1, by.batch()),
        "stats() says that %s keys wait",
        stats.keysWaiting());
    return run;
  }

  private void requireOrder(HandlingCall by, Run run) {
    for (int i = 0; i < run.deliveries.size(); i++) {
      Object event = run.deliveries.get(i).event();
      Object key = by.order() == Order.PER_KEY ? keys.apply(event) : null;
      for (Run other : runs) {
        for (Delivery<Object> running : other.deliveries) {
          invariants.require(
              !running.event().equals(event) || deliveryChecks.wasForgotten(event),
              "two handlers have %s at once",
              event);
          invariants.require(
              key == null || !key.equals(keys.apply(running.event())),
              "%s and %s have the key %s and are handled at once",
              event,
              running.event(),
              key);
        }
      }
      if (by.order() == Order.UNORDERED || (by.order() == Order.PER_KEY && key == null)) {
        begunUnordered.add(event);
        continue;
      }
      List<Object> together =
          run.deliveries.subList(0, i).stream().<Object>map(Delivery::event).toList();
      for (Object earlier : deliveryChecks.unackedBefore(event)) {
        if ((key == null || key.equals(keys.apply(earlier))) && !together.contains(earlier)) {
          invariants.require(
              isWithoutOrder(by, earlier, event),
              "%s is handled before %s, which came before it",
              event,
              earlier);
        }
      }
      if (by.order() == Order.PER_KEY) {
        begunPerKey.add(event);
      }
    }
  }

  /** Returns whether earlier calls have mixed up two events. */
  private boolean isWithoutOrder(HandlingCall by, Object earlier, Object event) {
    if (taken.contains(earlier)
        || taken.contains(event)
        || deliveryChecks.wasForgotten(earlier)
        || deliveryChecks.wasForgotten(event)) {
      return true;
    }
    return by.order() == Order.PER_KEY
        ? begunUnordered.contains(earlier) || begunUnordered.contains(event)
        : isBegunAtOnce(earlier) && isBegunAtOnce(event);
  }

  private boolean isBegunAtOnce(Object event) {
    return begunUnordered.contains(event) || begunPerKey.contains(event);
  }

  void ended(Run run) {
    if (!process.isKilled()) {
      worker().run = null;
      runs.remove(run);
    }
  }

  /** Records that a handler is about to return. */
  void handlerReturns(Run run) {
    for (Delivery<Object> delivery : run.open()) {
      Object event = delivery.event();
      invariants.require(
          !deadLettered.contains(event)
              || shared.contains(event)
              || deliveryChecks.wasForgotten(event),
          "%s is handled, but the sink has accepted it before",
          event);
      succeeded.add(event);
      deliveryChecks.handled(delivery);
    }
  }

  /** Records that a handler is about to throw. Returns whether that counts as an interrupt. */
  boolean handlerThrows(Run run, Throwable error) {
    if (isInterrupt(error)) {
      invariants.count("handler interrupted");
      worker().turn.forEach(this::nackedPlainly);
      return true;
    }
    failed.put(error, run);
    noteFatal(error);
    return false;
  }

  private void noteFatal(Throwable error) {
    if (error instanceof InternalError) {
      stoppedBy = error;
    }
  }

  private static boolean isInterrupt(Throwable error) {
    return error instanceof InterruptedException || Thread.currentThread().isInterrupted();
  }

  private void nackedPlainly(Delivery<Object> delivery) {
    if (!delivery.isSettled()) {
      nacks(delivery, DeliveryChecks.plainWait(delivery.attempt()));
    }
  }

  private void nacks(Delivery<Object> delivery, Duration wait) {
    deliveryChecks.streamNacks(delivery, wait);
    mayHoldUpOthers(delivery.event());
    if (shared.contains(delivery.event())) {
      deliveryChecks.waitIsUnknown(delivery.event());
    }
  }

  /** Records that a sink is about to accept. */
  void sinkAccepts(HandlingCall by, Run run) {
    Delivery<Object> delivery = run.deliveries.get(0);
    Object event = delivery.event();
    invariants.require(
        !succeeded.contains(event) || shared.contains(event) || deliveryChecks.wasForgotten(event),
        "%s is a dead letter, but it was handled before",
        event);
    run.letter().accepted = true;
    deadLettered.add(event);
    deliveryChecks.streamAcks(delivery);
    Object key = keys.apply(event);
    boolean wasHandled = !(run.letter().error instanceof KeyQuarantinedException);
    if (by.quarantine() && wasHandled && key != null) {
      quarantined.add(key);
    }
  }

  private Letter letter(Object event) {
    return Objects.requireNonNull(letters.get(event));
  }

  /** Records that a sink is about to throw. */
  void sinkThrows(Run run, Throwable error) {
    Delivery<Object> delivery = run.deliveries.get(0);
    Object event = delivery.event();
    Letter letter = run.letter();
    if (isInterrupt(error)) {
      invariants.count("sink interrupted");
      worker().turn.stream()
          .filter(other -> !other.event().equals(event))
          .forEach(this::nackedPlainly);
      deliveryChecks.attemptIsUnseen(event);
      nacks(delivery, Duration.ZERO);
    } else {
      refused.put(error, letter);
      noteFatal(error);
    }
  }

  /** Returns a key in quarantine, if there is one. */
  Optional<Object> firstQuarantined() {
    return quarantined.stream().findFirst();
  }

  /** Releases a key and checks what the stream says. */
  void release(Object key) {
    boolean was = stream().releaseKey(key);
    invariants.require(was == quarantined.remove(key), "releaseKey(%s) returned %s", key, was);
    if (was) {
      invariants.count("key released");
    }
    invariants.require(
        stream().quarantinedKeys().equals(quarantined),
        "%s are in quarantine instead of %s",
        stream().quarantinedKeys(),
        quarantined);
  }

  // --- reports of the stream

  private <T> T known(@Nullable T what, Object report) {
    invariants.require(what != null, "nothing is known of what the stream reports: %s", report);
    return Objects.requireNonNull(what);
  }

  @Override
  public void onHandlerFailed(HandlerFailed report) {
    if (process.isKilled()) {
      return;
    }
    invariants.note("handler failed: %s", report);
    failureReports++;
    HandlingCall by = known(call, report);
    Throwable error = report.error();
    if (error instanceof InternalError) {
      invariants.require(report.retryIn().isEmpty(), "%s of a fatal error is retried", report);
      return;
    }
    Run run = failed.get(error);
    List<Delivery<Object>> open;
    boolean byHalves = false;
    if (run == null) {
      Object event = known(keyErrors.get(error), report);
      Delivery<Object> unseen = new UnseenDelivery(event, report.position(), report.attempt());
      deliveryChecks.previousAckEnded();
      deliveryChecks.handedOutInAnyOrder(unseen);
      begunUnordered.add(event);
      open = List.of(unseen);
      invariants.count("key failed");
    } else {
      open = run.open();
      byHalves = run.deliveries.size() < worker().turn.size();
    }
    if (open.isEmpty()) {
      invariants.count("settled and failed");
      invariants.require(report.retryIn().isEmpty(), "%s of settled events is retried", report);
      return;
    }
    int attempt = open.stream().mapToInt(Delivery::attempt).max().orElseThrow();
    invariants.require(
        report.events() == open.size() && report.attempt() == attempt,
        "%s reports a failure of %s",
        report,
        open);
    if (!byHalves) {
      open.forEach(delivery -> countFailure(delivery.event()));
    }
    int failed =
        open.stream().mapToInt(delivery -> failures.get(delivery.event())).max().orElseThrow();
    open.forEach(delivery -> lastErrors.put(delivery.event(), error));
    boolean again = failed < by.attempts() && by.isRetried(error);
    invariants.require(
        report.retryIn().equals(again ? Optional.of(by.wait(failed)) : Optional.empty()),
        "%s at attempt %s, %s halves, of %s",
        report,
        attempt,
        byHalves ? "by" : "not by",
        by);
    if (again) {
      invariants.count("retried");
      open.forEach(delivery -> nacks(delivery, by.wait(failed)));
    } else if (open.size() == 1 && isHeldUp(by, open.get(0))) {
      invariants.count("held up");
      deliveryChecks.mayBeNackedUnseen(open.get(0).event());
    } else if (open.size() > 1) {
      invariants.count("batch by halves");
      worker().halves.addAll(open);
    } else if (by.end() == End.SKIP) {
      skipped.put(error, open.get(0));
      deliveryChecks.streamAcks(open.get(0));
    } else if (by.end() == End.DEAD_LETTER) {
      Letter letter = new Letter(open.get(0), error);
      letters.put(open.get(0).event(), letter);
      lettersByError.put(error, letter);
    } else {
      stoppedBy = error;
    }
  }

  /**
   * Counts a failed attempt at an event, from 1 again if it was forgotten and came as a new one.
   */
  private void countFailure(Object event) {
    Integer now = deliveryChecks.timesNew(event);
    if (!now.equals(failedAsNew.put(event, now))) {
      failures.remove(event);
    }
    failures.merge(event, 1, Integer::sum);
  }

  /** Returns whether an event before this one in the batch comes again. */
  private boolean isHeldUp(HandlingCall by, Delivery<Object> delivery) {
    if (!by.isBatch() || by.order() == Order.UNORDERED) {
      return false;
    }
    Object key = keys.apply(delivery.event());
    return worker().turn.stream()
        .takeWhile(before -> before != delivery)
        .filter(before ->
            by.order() == Order.IN_ORDER || (key != null && key.equals(keys.apply(before.event()))))
        // Nothing else tells a nacked delivery from an acked one.
        .anyMatch(before -> before.toString().contains("NACKED"));
  }

  @Override
  public void onSkipped(Skipped report) {
    if (process.isKilled()) {
      return;
    }
    skipReports++;
    invariants.count("skipped");
    Delivery<Object> delivery = known(skipped.remove(report.error()), report);
    invariants.require(report.attempts() == delivery.attempt(), "%s reports %s", report, delivery);
    deliveryChecks.reportedAck(delivery);
  }

  @Override
  public void onDeadLettered(DeadLettered report) {
    if (process.isKilled()) {
      return;
    }
    letterReports++;
    invariants.count("dead letter");
    Letter letter = known(lettersByError.get(report.error()), report);
    invariants.require(
        letter.accepted && report.attempts() == letter.delivery.attempt(),
        "%s reports %s",
        report,
        letter.delivery);
    deliveryChecks.reportedAck(letter.delivery);
  }

  @Override
  public void onDeadLetterFailed(DeadLetterFailed report) {
    if (process.isKilled()) {
      return;
    }
    invariants.count("dead letter refused");
    Letter letter = known(refused.remove(report.error()), report);
    Object event = letter.delivery.event();
    deliveryChecks.attemptIsUnseen(event);
    nacks(letter.delivery, report.retryIn());
  }

  @Override
  public void onHandlerSlow(HandlerSlow report) {
    if (process.isKilled()) {
      return;
    }
    invariants.count("handler slow");
    invariants.require(
        report.running().compareTo(leastSlow) >= 0, "%s is not slow: %s", report, leastSlow);
    invariants.note("slow: %s", report);
    // A report of a batch names its first event, which may be settled or not for the handler.
    HandlingCall by = call;
    Object event = by == null || by.isBatch() ? null : positions.get(report.position());
    invariants.require(
        event == null
            || slow.add(event + " at attempt " + report.attempt())
            || shared.contains(event)
            || deliveryChecks.wasForgotten(event),
        "the handler of %s is reported as slow again",
        event);
  }

  // --- at the end

  /** Checks that a stream is over in which the handlers have thrown this error. */
  void requireThrown(@Nullable Throwable error) {
    invariants.require(
        error != null
            && (failed.containsKey(error)
                || keyErrors.containsKey(error)
                || refused.containsKey(error)),
        "the stream failed with %s, which no handler has thrown",
        error);
  }

  /** Checks a stream that is closed and whose application has ended. */
  void requireNothingRuns() {
    StreamStats stats = stream().stats();
    invariants.require(
        runs.isEmpty() && call == null && stats.handlersRunning() == 0,
        "%s handlers run after the close; stats() says %s",
        runs.size(),
        stats.handlersRunning());
    invariants.require(
        stats.handlerFailures() == failureReports
            && stats.skipped() == skipReports
            && stats.deadLettered() == letterReports,
        "%s failures, %s skipped and %s dead letters were reported, but stats() says %s",
        failureReports,
        skipReports,
        letterReports,
        stats);
  }
}
