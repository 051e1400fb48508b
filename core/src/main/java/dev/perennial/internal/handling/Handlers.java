package dev.perennial.internal.handling;

import dev.perennial.AckMode;
import dev.perennial.BatchHandler;
import dev.perennial.DeliveryHandler;
import dev.perennial.internal.connection.PullGuard;
import dev.perennial.internal.pull.Puller;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.window.TrackedDelivery;
import dev.perennial.internal.window.Window;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The handlers of a stream: runs one call of {@code consume} at a time, and knows what runs. */
public final class Handlers<E> {

  /** What a call of {@code consume} has. */
  private record Running(
      RunningHandlers handlers, @Nullable KeyLines<?> lines, @Nullable Workers workers) {}

  private static final BatchLimits SINGLE = new BatchLimits(1, Duration.ZERO);

  private final StreamContext context;
  private final PullGuard guard;
  private final Puller<E, ?> puller;
  private final Window<E, ?> window;
  private final Quarantine quarantine = new Quarantine();
  private final AtomicReference<@Nullable Running> current = new AtomicReference<>();

  public Handlers(
      StreamContext context, PullGuard guard, Puller<E, ?> puller, Window<E, ?> window) {
    this.context = context;
    this.guard = guard;
    this.puller = puller;
    this.window = window;
  }

  public void consume(DeliveryHandler<E> handler, HandlingOptions<E> options)
      throws InterruptedException {
    requireExplicitAcks("consume", "each event after its handler has returned");
    RunningHandlers running = new RunningHandlers(context, options.slowAfter());
    if (options.handlers().isPresent()) {
      KeyLines<E> lines = new KeyLines<>();
      HandlerRunner<E> runner = new HandlerRunner<>(context, options, quarantine, lines);
      consumeAtOnce(
          new EventTurns<>(handler, runner, lines, context.lifecycle()),
          lines,
          runner,
          running,
          options);
    } else {
      HandlerRunner<E> runner = new HandlerRunner<>(context, options, quarantine, this);
      RunningHandlers.Slot slot = running.add();
      consumeInOrder(
          SINGLE,
          pending -> {
            TrackedDelivery<E> delivery = pending.take();
            slot.begin(delivery);
            try {
              runner.run(delivery, handler);
            } finally {
              slot.end();
            }
          },
          runner,
          running);
    }
  }

  public void consumeBatches(
      int max, Duration linger, BatchHandler<E> handler, HandlingOptions<E> options)
      throws InterruptedException {
    requireExplicitAcks("consumeBatches", "the events of a batch after its handler has returned");
    BatchLimits limits = limits(max, linger);
    RunningHandlers running = new RunningHandlers(context, options.slowAfter());
    if (options.handlers().isPresent()) {
      KeyLines<E> lines = new KeyLines<>();
      HandlerRunner<E> runner = new HandlerRunner<>(context, options, quarantine, lines);
      consumeAtOnce(
          new BatchTurns<>(handler, limits, runner, lines, context),
          lines,
          runner,
          running,
          options);
    } else {
      HandlerRunner<E> runner = new HandlerRunner<>(context, options, quarantine, this);
      RunningHandlers.Slot slot = running.add();
      consumeInOrder(
          limits,
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
          },
          runner,
          running);
    }
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

  private void consumeInOrder(
      BatchLimits limits,
      InOrderLoop.Turn<E> turn,
      HandlerRunner<E> runner,
      RunningHandlers running)
      throws InterruptedException {
    InOrderLoop<E> loop = new InOrderLoop<>(guard, puller, runner, limits, turn);
    consume(loop::run, runner, new Running(running, null, null));
  }

  private void consumeAtOnce(
      Turns<E> turns,
      KeyLines<E> lines,
      HandlerRunner<E> runner,
      RunningHandlers running,
      HandlingOptions<E> options)
      throws InterruptedException {
    Workers workers =
        new Workers(
            context,
            turns,
            running,
            options.executor().orElseGet(context.runtime()::handlerThreads),
            options.handlers().getAsInt(),
            runner::stop);
    ConcurrentLoop<E> loop =
        new ConcurrentLoop<>(context, guard, puller, window, lines, turns, workers, options.key());
    consume(loop::run, runner, new Running(running, lines, workers));
  }

  /** A loop that handles events. */
  private interface Loop {
    void run() throws InterruptedException;
  }

  private void consume(Loop loop, HandlerRunner<E> runner, Running running)
      throws InterruptedException {
    current.compareAndSet(null, running);
    running.handlers.watch();
    try {
      loop.run();
    } finally {
      running.handlers.stopWatching();
      current.compareAndSet(running, null);
    }
    runner.throwIfStopped();
    context.lifecycle().throwIfFailed();
  }

  /** Notes that the stream is closed by the calling thread, which may run a handler. */
  public void closing() {
    Running now = current.get();
    if (now != null && now.workers != null) {
      now.workers.closing();
    }
  }

  /** Returns how many handlers run. Any thread may call this method and those below. */
  public int running() {
    Running now = current.get();
    return now == null ? 0 : now.handlers.count();
  }

  /** Returns how many keys have events of which no handler runs. */
  public int keysWaiting() {
    Running now = current.get();
    return now == null || now.lines == null
        ? 0
        : Math.max(0, now.lines.size() - now.handlers.countWithKey());
  }

  public Quarantine quarantine() {
    return quarantine;
  }
}
