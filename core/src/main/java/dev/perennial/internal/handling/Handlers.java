package dev.perennial.internal.handling;

import dev.perennial.AckMode;
import dev.perennial.BatchHandler;
import dev.perennial.DeliveryHandler;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.window.TrackedDelivery;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The handlers of a stream: runs one call of {@code consume} at a time, and knows what runs. */
public final class Handlers<E> {

  /** What a call of {@code consume} has. */
  private record Running(RunningHandlers handlers, KeyLines<?> lines, @Nullable Workers workers) {}

  private static final BatchLimits SINGLE = new BatchLimits(1, Duration.ZERO);

  private final StreamParts<E> parts;
  private final StreamContext context;
  private final Quarantine quarantine = new Quarantine();

  /** The calls that are not over: one, and those that are about to be refused. */
  private final Set<Running> calls = ConcurrentHashMap.newKeySet();

  public Handlers(StreamParts<E> parts) {
    this.parts = parts;
    this.context = parts.context();
  }

  /** Passes events to a handler one by one. */
  public void consume(DeliveryHandler<E> handler, HandlingOptions<E> options)
      throws InterruptedException {
    requireExplicitAcks("consume", "each event after its handler has returned");
    consume(
        options,
        SINGLE,
        (runner, lines) -> new EventTurns<>(handler, runner, lines, context.lifecycle()),
        (runner, slot) ->
            pending -> {
              TrackedDelivery<E> delivery = pending.take();
              slot.begin(delivery);
              try {
                runner.run(delivery, handler);
              } finally {
                slot.end();
              }
            });
  }

  /** Passes events to a handler in batches. */
  public void consumeBatches(
      int max, Duration linger, BatchHandler<E> handler, HandlingOptions<E> options)
      throws InterruptedException {
    requireExplicitAcks("consumeBatches", "the events of a batch after its handler has returned");
    BatchLimits limits = limits(max, linger);
    consume(
        options,
        limits,
        (runner, lines) -> new BatchTurns<>(handler, limits, runner, lines, context),
        (runner, slot) ->
            pending -> {
              int count = pending.sameAttempt(max);
              List<TrackedDelivery<E>> batch = pending.first(count);
              pending.remove(count);
              slot.begin(batch.get(0));
              try {
                runner.runBatch(batch, handler);
              } finally {
                slot.end();
              }
            });
  }

  private BatchLimits limits(int max, Duration linger) {
    int window = context.options().window();
    if (max < 1 || max > window) {
      throw new IllegalArgumentException(
          "consumeBatches() takes from 1 to %d events, the size of the window, but got %d."
              .formatted(window, max));
    }
    if (linger.isNegative()) {
      throw new IllegalArgumentException(
          "consumeBatches() needs a linger that is not negative, but got "
              + LogText.duration(linger)
              + ".");
    }
    return new BatchLimits(max, linger);
  }

  private void requireExplicitAcks(String method, String when) {
    AckMode mode = context.options().acks();
    if (mode != AckMode.EXPLICIT) {
      throw new IllegalStateException(
          "Cannot consume stream \""
              + context.options().name()
              + "\": "
              + method
              + "() acks "
              + when
              + ", but the stream has AckMode."
              + mode
              + ". Set AckMode.EXPLICIT, or use next().");
    }
  }

  private void consume(
      HandlingOptions<E> options,
      BatchLimits limits,
      BiFunction<HandlerRunner<E>, KeyLines<E>, Turns<E>> turns,
      BiFunction<HandlerRunner<E>, RunningHandlers.Slot, InOrderLoop.Turn<E>> turn)
      throws InterruptedException {
    HandlingFailure failure = new HandlingFailure(context);
    RunningHandlers running = new RunningHandlers(context, options.slowAfter());
    KeyLines<E> lines = new KeyLines<>();
    HandlerRunner<E> runner = new HandlerRunner<>(context, options, quarantine, failure, lines);
    if (options.handlers().isEmpty()) {
      RunningHandlers.Slot slot = new RunningHandlers.Slot();
      running.add(slot);
      InOrderLoop<E> loop = new InOrderLoop<>(parts, failure, limits, turn.apply(runner, slot));
      run(loop::run, new Running(running, lines, null));
    } else {
      Turns<E> atOnce = turns.apply(runner, lines);
      Workers workers =
          new Workers(
              context,
              atOnce,
              running,
              options.executor().orElseGet(context.runtime()::handlerThreads),
              options.handlers().getAsInt(),
              failure::stop);
      ConcurrentLoop<E> loop = new ConcurrentLoop<>(parts, lines, atOnce, workers, options.key());
      run(loop::run, new Running(running, lines, workers));
    }
    failure.throwIfStopped();
    context.lifecycle().throwIfFailed();
  }

  /** A loop that handles events. */
  private interface Loop {
    void run() throws InterruptedException;
  }

  private void run(Loop loop, Running running) throws InterruptedException {
    calls.add(running);
    running.handlers.watch();
    try {
      loop.run();
    } finally {
      running.handlers.stopWatching();
      calls.remove(running);
    }
  }

  /** Notes that the stream is closed by the calling thread, which may run a handler. */
  public void closing() {
    for (Running call : calls) {
      if (call.workers != null) {
        call.workers.closing();
      }
    }
  }

  /** Returns how many handlers run. Any thread may call this method and those below. */
  public int running() {
    return calls.stream().mapToInt(call -> call.handlers.count()).sum();
  }

  /** Returns how many keys have events of which no handler runs. */
  public int keysWaiting() {
    return (int)
        calls.stream()
            .mapToLong(call -> Math.max(0, call.lines.size() - call.handlers.keys()))
            .sum();
  }

  public Quarantine quarantine() {
    return quarantine;
  }
}
