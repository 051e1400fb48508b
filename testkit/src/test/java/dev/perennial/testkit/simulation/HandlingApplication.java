package dev.perennial.testkit.simulation;

import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.Handling;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamState;
import dev.perennial.testkit.SimulatedThread;
import dev.perennial.testkit.VirtualProcess;
import dev.perennial.testkit.VirtualRuntime;
import dev.perennial.testkit.simulation.HandlingCall.End;
import dev.perennial.testkit.simulation.HandlingCall.Threads;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An application that calls {@code consume} again and again, each time with a random {@code
 * Handling}, and sometimes pulls in another way in between. Its handlers fail, are slow, hang,
 * settle events in all ways and close the stream.
 */
final class HandlingApplication extends Application {

  /** What a handler or a sink throws. */
  private static final class Failed extends RuntimeException {
    private static final long serialVersionUID = 1;

    Failed(String message) {
      super(message);
    }
  }

  private static final int MOST_POOL_THREADS = 4;

  /** The tolerance for the time that a close takes, as in {@link Schedule}. */
  private static final Duration STEPS = Schedule.STEPS;

  private final VirtualProcess process;
  private final RandomChoices handlingChance;
  private final HandlingChecks checks;
  private final RandomKeys keys;
  private final Runnable expectFailure;
  private final int failPercent;
  private final boolean hasPoison;
  private final int poolSize;
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final List<SimulatedThread> poolThreads = new ArrayList<>();

  /** The index in {@link #poolThreads} of each thread. */
  private final Map<Thread, Integer> poolIndexes = new LinkedHashMap<>();

  private @Nullable HandlingCall previous;
  private @Nullable Thread callingThread;
  private int calls;
  private int handlers;
  private int closers;

  HandlingApplication(
      VirtualRuntime runtime,
      RandomChoices chance,
      EventStream<Object> stream,
      DeliveryChecks deliveryChecks,
      InvariantChecks invariants,
      Consumer<StreamFailedException> onFailure,
      MemoryShortages shortages,
      int window,
      BooleanSupplier calm,
      VirtualProcess process,
      RandomChoices handlingChance,
      HandlingChecks checks,
      RandomKeys keys,
      Runnable expectFailure) {
    super(runtime, chance, stream, deliveryChecks, invariants, onFailure, shortages, window, calm);
    this.process = process;
    this.handlingChance = handlingChance;
    this.checks = checks;
    this.keys = keys;
    this.expectFailure = expectFailure;
    this.failPercent = handlingChance.of(0, 3, 10, 40);
    this.hasPoison = handlingChance.percent(40);
    this.poolSize = handlingChance.between(1, MOST_POOL_THREADS);
  }

  @Override
  SimulatedThread start(VirtualProcess in) {
    SimulatedThread puller = super.start(in);
    for (int i = 1; i <= poolSize; i++) {
      int index = i - 1;
      SimulatedThread thread = process.spawn("pool-" + i, () -> runTasks(index));
      poolThreads.add(thread);
      threads.add(thread);
    }
    threads.add(process.spawn("meddler", this::meddle));
    return puller;
  }

  @Override
  boolean isHandling() {
    return checks.running() > 0;
  }

  @Override
  void check(Delivery<?> delivery, Set<Object> first) {
    checks.taken(delivery.event());
    deliveryChecks.handedOutInAnyOrder(delivery);
  }

  @Override
  void streamFailed(StreamFailedException why) {
    if (why.reason() == Reason.HANDLER) {
      checks.requireThrown(why.getCause());
    }
    super.streamFailed(why);
  }

  private boolean isOver() {
    return finished
        || EnumSet.of(StreamState.FAILED, StreamState.CLOSING, StreamState.CLOSED)
            .contains(stream.state());
  }

  private boolean isCalm() {
    return calm.getAsBoolean();
  }

  // --- calls

  @Override
  Mode pullOnce() throws Exception {
    deliveryChecks.previousAckEnded();
    if (!isCalm() && handlingChance.percent(15)) {
      return pullOtherwise();
    }
    HandlingCall last = previous;
    boolean same = last != null && !isCalm() && handlingChance.percent(50);
    HandlingCall call =
        same && last != null
            ? last.again(++calls)
            : HandlingCall.draw(++calls, handlingChance, window, isCalm(), keys.someFail());
    previous = call;
    invariants.count(call.order() + (call.isBatch() ? " in batches" : ""));
    if (calls > 1) {
      invariants.count("consume again");
    }
    if (call.usesExecutor()) {
      invariants.count("executor " + call.threads());
    }
    consume(call);
    if (!isClosing()) {
      throwEnded();
    }
    return Mode.CONSUME;
  }

  private Mode pullOtherwise() throws Exception {
    Duration timeout = handlingChance.of(Duration.ZERO, handlingChance.millis(1, 5_000));
    Duration begun = runtime.elapsed();
    int dice = handlingChance.between(0, 2);
    shortages.enterPull();
    if (dice == 0) {
      stream.next(timeout).ifPresent(delivery -> take(delivery, Set.of()));
      requireInTime(begun, timeout);
      return Mode.TIMED_NEXT;
    } else if (dice == 1) {
      stream
          .poll(handlingChance.between(1, window), timeout)
          .forEach(delivery -> take(delivery, Set.of()));
      requireInTime(begun, timeout);
      return Mode.POLL;
    }
    // The delivery goes to the next call.
    if (!stream.iterator().hasNext() && !isClosing()) {
      throwEnded();
    }
    return Mode.ITERATE;
  }

  private void consume(HandlingCall call) throws InterruptedException {
    callingThread = Thread.currentThread();
    checks.callBegins(call, call.most(poolSize));
    Handling<Object> handling =
        call.handling(
            event -> keyOf(call, event),
            (delivery, error) -> sink(call, delivery, error),
            task -> execute(call, task));
    if (!call.usesCaller() || call.threads() != Threads.CALLER) {
      shortages.enterPull();
    }
    try {
      if (call.isBatch()) {
        stream.consumeBatches(
            call.batch(), call.linger(), batch -> handle(call, batch.deliveries()), handling);
      } else {
        stream.consume(delivery -> handle(call, List.of(delivery)), handling);
      }
      checks.requireNotStopped();
      checks.requireAllHandled();
    } catch (RejectedExecutionException e) {
      invariants.count("rejected");
      invariants.require(call.threads() == Threads.REJECTING, "no executor rejected a task");
    } finally {
      checks.callEnded();
    }
  }

  private @Nullable Object keyOf(HandlingCall call, Object event) {
    invariants.require(
        Thread.currentThread() == callingThread, "the key is asked for on another thread");
    if (!keys.fails(event)) {
      checks.keyOf(event, null);
      return keys.of(event);
    }
    Failed error = new Failed("no key of " + event);
    checks.keyOf(event, error);
    if (call.end() == End.STOP) {
      expectFailure.run();
    }
    throw error;
  }

  // --- the executor

  private void execute(HandlingCall call, Runnable task) {
    Executor executor =
        switch (call.threads()) {
          case CALLER -> Runnable::run;
          case POOL ->
              queued -> {
                tasks.add(queued);
                signal.raise();
              };
          default -> shortages::execute;
        };
    if (call.threads() == Threads.REJECTING && !isCalm() && handlingChance.percent(20)) {
      throw new RejectedExecutionException("not now");
    }
    executor.execute(task);
  }

  private void runTasks(int index) {
    poolIndexes.put(Thread.currentThread(), index);
    while (true) {
      try {
        signal.await(() -> !tasks.isEmpty() || finished, Duration.ofSeconds(Long.MAX_VALUE));
      } catch (InterruptedException e) {
        continue;
      }
      Runnable task = tasks.poll();
      if (task == null) {
        return;
      }
      task.run();
    }
  }

  /** Interrupts the puller and handlers, and releases keys. */
  private void meddle() throws InterruptedException {
    int left = handlingChance.between(0, 6);
    while (left-- > 0
        && !signal.await(
            () -> finished,
            handlingChance.of(handlingChance.millis(0, 500), handlingChance.millis(0, 15_000)))
        && !isCalm()) {
      switch (handlingChance.between(0, 3)) {
        case 0 -> interrupt();
        case 1 -> interruptHandler();
        default -> checks.release(checks.firstQuarantined().orElse(keys.any(handlingChance)));
      }
    }
  }

  private void interruptHandler() {
    for (Map.Entry<Thread, Integer> one : poolIndexes.entrySet()) {
      if (checks.isRunning(one.getKey())) {
        poolThreads.get(one.getValue()).interrupt();
        return;
      }
    }
  }

  // --- handlers

  private void handle(HandlingCall call, List<Delivery<Object>> deliveries) throws Exception {
    boolean inPull = shortages.isPulling();
    shortages.leavePull();
    HandlingChecks.Run run = checks.handlerBegins(call, deliveries);
    signal.raise();
    try {
      act(call, deliveries);
      checks.handlerReturns(run);
    } catch (Violation e) {
      throw e;
    } catch (Throwable e) {
      if (!process.isKilled()) {
        checks.handlerThrows(run, e);
      }
      throw e;
    } finally {
      checks.ended(run);
      if (inPull) {
        shortages.enterPull();
      }
    }
  }

  private void act(HandlingCall call, List<Delivery<Object>> deliveries) throws Exception {
    int number = ++handlers;
    if (number == closeInHandlerAfter || (number == closeInHandlerAfter + 1 && poolSize > 1)) {
      closeInHandler();
    }
    boolean isPoison =
        hasPoison
            && call.end() != End.STOP
            && call.attempts() != HandlingCall.FOREVER
            && deliveries.stream().anyMatch(HandlingApplication::isPoison);
    if (isCalm()) {
      if (isPoison) {
        throw failure(call, deliveries);
      }
      return;
    }
    if (handlingChance.percent(30)) {
      sleep(handlingChance.of(handlingChance.millis(0, 50), handlingChance.millis(0, 3_000)));
    }
    if (handlingChance.percent(1)) {
      hang(call);
    }
    deliveries.forEach(this::maybeSettle);
    if (handlingChance.percent(10)) {
      sleep(handlingChance.millis(0, 300));
    }
    if (handlingChance.percent(3)) {
      interruptSelf();
      if (handlingChance.percent(40)) {
        interruptSelf();
        throw new InterruptedException("by itself");
      }
    }
    if (isPoison || handlingChance.percent(failPercent)) {
      throw failure(call, deliveries);
    }
    if (handlingChance.percent(failPercent) && handlingChance.percent(2)) {
      invariants.count("fatal error");
      expectFailure.run();
      throw new InternalError("fatal for " + deliveries);
    }
  }

  private static boolean isPoison(Delivery<Object> delivery) {
    return delivery.event().toString().endsWith("7");
  }

  /** Makes what a handler throws, which may stop the stream. */
  private Throwable error(String message) {
    return switch (handlingChance.between(0, 5)) {
      case 0 -> new IOException(message);
      case 1 -> new AssertionError(message);
      case 2 -> new StackOverflowError(message);
      case 3 -> new LinkageError(message);
      default -> new Failed(message);
    };
  }

  private Exception failure(HandlingCall call, List<Delivery<Object>> deliveries) {
    if (call.end() == End.STOP) {
      expectFailure.run();
    }
    throw HandlingApplication.<RuntimeException>sneaky(error("cannot handle " + deliveries));
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <X extends Throwable> X sneaky(Throwable error) throws X {
    throw (X) error;
  }

  private void sleep(Duration time) throws InterruptedException {
    try {
      runtime.sleep(time);
    } catch (InterruptedException e) {
      if (handlingChance.percent(70)) {
        throw e;
      }
    }
  }

  private void hang(HandlingCall call) throws InterruptedException {
    invariants.count("handler hangs");
    while (!isOver() && !isCalm()) {
      sleep(Duration.ofMillis(500));
      // A call that was interrupted, or failed, only waits for the handlers that run.
      if (!call.usesCaller()
          && interrupts == 0
          && !shortages.haveHappened()
          && !shortages.haveHappenedInPull()) {
        checks.requireOthersHandled(call);
      }
    }
    if (handlingChance.percent(30)) {
      sleep(handlingChance.millis(0, 60_000));
    }
  }

  private void interruptSelf() {
    if (Thread.currentThread() == callingThread) {
      interrupts++;
    }
    Thread.currentThread().interrupt();
  }

  private void maybeSettle(Delivery<Object> delivery) {
    int dice = handlingChance.between(0, 99);
    if (dice < 3) {
      invariants.count("nacked by handler");
      checks.mayHoldUpOthers(delivery.event());
      deliveryChecks.nack(delivery);
    } else if (dice < 6) {
      invariants.count("nacked by handler");
      checks.mayHoldUpOthers(delivery.event());
      deliveryChecks.nack(delivery, handlingChance.millis(0, 5_000));
    } else if (dice < 9) {
      invariants.count("acked early");
      deliveryChecks.ack(delivery);
    } else if (dice < 14) {
      invariants.count("settled by another thread");
      checks.shared(delivery.event());
      pending.add(delivery);
      signal.raise();
    }
  }

  private void closeInHandler() throws InterruptedException {
    if (handlingChance.percent(50)) {
      sleep(handlingChance.millis(0, 1_000));
    }
    if (++closers > 1) {
      invariants.count("two handlers close");
    }
    deliveryChecks.closing();
    Duration begun = runtime.elapsed();
    int running = stream.close(closeTimeout).handlersRunning();
    Duration took = runtime.elapsed().minus(begun);
    closers--;
    if (stream.state() == StreamState.CLOSED) {
      deliveryChecks.closed();
    }
    invariants.require(
        shortages.haveHappened() || took.compareTo(closeTimeout.plus(STEPS)) <= 0,
        "close(%s) in a handler took %s",
        closeTimeout,
        took);
    invariants.require(
        running >= checks.running(),
        "%s handlers run, but close() in one of them says %s",
        checks.running(),
        running);
  }

  // --- the sink

  private void sink(HandlingCall call, Delivery<Object> delivery, Throwable error)
      throws Exception {
    boolean inPull = shortages.isPulling();
    shortages.leavePull();
    HandlingChecks.Run run = checks.sinkBegins(call, delivery, error);
    try {
      store(call, delivery.event());
      checks.sinkAccepts(call, run);
    } catch (Violation e) {
      throw e;
    } catch (Throwable e) {
      if (!process.isKilled()) {
        if (call.isBatch()) {
          // The stream would nack the whole batch, of which the checks may know only a part.
          Thread.interrupted();
        }
        checks.sinkThrows(run, e);
      }
      throw e;
    } finally {
      checks.ended(run);
      if (inPull) {
        shortages.enterPull();
      }
    }
  }

  private void store(HandlingCall call, Object event) throws Exception {
    if (isCalm()) {
      return;
    }
    try {
      if (handlingChance.percent(30)) {
        runtime.sleep(
            handlingChance.of(handlingChance.millis(0, 50), handlingChance.millis(0, 5_000)));
      }
    } catch (InterruptedException e) {
      if (!call.isBatch() && handlingChance.percent(70)) {
        throw e;
      }
    }
    if (!call.isBatch() && handlingChance.percent(2)) {
      interruptSelf();
    }
    Object key = keys.of(event);
    if (key != null && handlingChance.percent(5)) {
      checks.release(key);
    }
    if (handlingChance.percent(25)) {
      throw HandlingApplication.<RuntimeException>sneaky(error("no place for the dead letter"));
    }
    if (handlingChance.percent(1)) {
      expectFailure.run();
      invariants.count("fatal error");
      throw new InternalError("fatal for the sink");
    }
  }
}
