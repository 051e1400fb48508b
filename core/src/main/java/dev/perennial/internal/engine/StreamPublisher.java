package dev.perennial.internal.engine;

import static java.util.Objects.requireNonNull;

import dev.perennial.Delivery;
import dev.perennial.StreamClosedException;
import dev.perennial.StreamEndedException;
import dev.perennial.internal.checkpoint.SerialExecutor;
import dev.perennial.internal.connection.PullGuard;
import dev.perennial.internal.connection.PullGuard.Use;
import dev.perennial.internal.pull.Puller;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Durations;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.concurrent.Flow;
import java.util.concurrent.Flow.Subscriber;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The deliveries of a stream for one subscriber at a time. A thread of the runtime pulls for the
 * subscription as long as it has demand, and calls the subscriber as {@code InOrderLoop} calls a
 * handler. A delivery leaves {@code Puller} only on its way into {@code onNext}, so that none is
 * lost if the subscription is cancelled.
 */
public final class StreamPublisher<E> implements Flow.Publisher<Delivery<E>> {

  /** How long one pull lasts at most: a cancellation ends most waits at once, but not all. */
  private static final Duration PULL_SLICE = Duration.ofMillis(500);

  private final StreamContext context;
  private final PullGuard guard;
  private final Puller<E, ?> puller;

  /** Runs one subscription at a time: the next one waits until the last has left the stream. */
  private final SerialExecutor.Job serve;

  /** The subscription that has not ended; null if there is none. */
  private final AtomicReference<@Nullable Subscription> current = new AtomicReference<>();

  /** The subscription whose thread runs; null if none does. */
  private volatile @Nullable Subscription served;

  public StreamPublisher(StreamContext context, PullGuard guard, Puller<E, ?> puller) {
    this.context = context;
    this.guard = guard;
    this.puller = puller;
    this.serve =
        new SerialExecutor(
                "perennial-publisher-" + context.options().name(),
                context.runtime(),
                this::noThread)
            .job(this::serve);
  }

  /** Returns whether a subscription has ended, and its thread is about to leave the stream. */
  public boolean isLeaving() {
    Subscription last = served;
    return last != null && last.isOver();
  }

  @Override
  public void subscribe(Subscriber<? super Delivery<E>> subscriber) {
    requireNonNull(subscriber, "subscribe() needs a subscriber.");
    Subscription subscription = new Subscription(subscriber);
    if (current.compareAndSet(null, subscription)) {
      if (call("onSubscribe", () -> subscriber.onSubscribe(subscription))) {
        subscription.started = true;
        serve.ask();
      } else {
        subscription.cancel();
      }
    } else {
      refuse(subscriber);
    }
  }

  private void refuse(Subscriber<?> subscriber) {
    IllegalStateException error =
        new IllegalStateException(
            "Cannot subscribe to stream \""
                + context.options().name()
                + "\": it has a subscriber. Cancel that subscription first, or share one among several subscribers.");
    if (call("onSubscribe", () -> subscriber.onSubscribe(new RefusedSubscription()))) {
      call("onError", () -> subscriber.onError(error));
    }
  }

  /** Calls a subscriber. Returns false if it threw. */
  private boolean call(String method, Runnable signal) {
    try {
      signal.run();
      return true;
    } catch (Throwable e) {
      context.observer().subscriberFailed(method, e);
      return false;
    }
  }

  /** Ends the subscription for which the runtime has no thread. */
  private void noThread(Throwable cause) {
    Subscription waiting = current.get();
    if (waiting != null && waiting.started) {
      waiting.end(
          new IllegalStateException(
              "Cannot publish stream \""
                  + context.options().name()
                  + "\": there is no thread for it: "
                  + LogText.reason(cause)
                  + ". Subscribe again later.",
              cause));
    }
  }

  private void serve() {
    Subscription next = current.get();
    // A subscription that has not started yet asks again when it has.
    if (next != null && next.started) {
      served = next;
      try {
        next.run();
      } finally {
        served = null;
        // Wakes a thread that waits for this one to leave.
        context.signal().raise();
      }
    }
  }

  /** The subscription of a subscriber that was refused. */
  private static final class RefusedSubscription implements Flow.Subscription {

    @Override
    public void request(long count) {}

    @Override
    public void cancel() {}
  }

  /** The subscription of one subscriber. Any thread requests and cancels. */
  private final class Subscription implements Flow.Subscription {

    /** Instead of a demand: the subscription has ended, and the subscriber is not called again. */
    private static final long ENDED = -1;

    private final AtomicLong demand = new AtomicLong();

    /** Null once the subscription has ended. */
    private volatile @Nullable Subscriber<? super Delivery<E>> subscriber;

    /** Why a request was refused, which ends the subscription; null if none was. */
    private volatile @Nullable IllegalArgumentException refusal;

    /** Whether {@code onSubscribe} has returned, so that other signals may follow. */
    private volatile boolean started;

    Subscription(Subscriber<? super Delivery<E>> subscriber) {
      this.subscriber = subscriber;
    }

    @Override
    public void request(long count) {
      if (count > 0) {
        long before =
            demand.getAndUpdate(
                now -> now == ENDED ? ENDED : now + Math.min(count, Long.MAX_VALUE - now));
        if (before == 0) {
          context.signal().raise();
        }
      } else if (!isOver()) {
        refusal =
            new IllegalArgumentException(
                "Cannot request "
                    + count
                    + " deliveries of stream \""
                    + context.options().name()
                    + "\": request() needs a number above 0 (rule 3.9 of Reactive Streams).");
        context.signal().wake();
      }
    }

    @Override
    public void cancel() {
      if (close() != null) {
        context.signal().wake();
      }
    }

    /** Ends the subscription. Returns the subscriber; null if it had ended before. */
    private @Nullable Subscriber<? super Delivery<E>> close() {
      Subscriber<? super Delivery<E>> last = subscriber;
      if (demand.getAndSet(ENDED) == ENDED) {
        return null;
      }
      subscriber = null;
      current.compareAndSet(this, null);
      return last;
    }

    /** Ends the subscription and tells the subscriber why: null for the end of the stream. */
    void end(@Nullable Throwable error) {
      Subscriber<? super Delivery<E>> last = close();
      if (last == null) {
        return;
      }
      if (error == null) {
        call("onComplete", last::onComplete);
      } else {
        call("onError", () -> last.onError(error));
      }
    }

    /** Returns whether nothing more is to be pulled, whatever the demand was. */
    boolean isOver() {
      return demand.get() == ENDED || refusal != null;
    }

    private boolean isRequested() {
      return demand.get() > 0 && refusal == null;
    }

    /** Hands out deliveries until the subscription ends, by itself or with the stream. */
    void run() {
      Throwable error;
      try {
        handOut();
        error = refusal;
      } catch (Throwable e) {
        error = e;
      }
      end(error);
    }

    private void handOut() {
      try {
        while (!isOver()) {
          try {
            context.await(() -> isRequested() || isOver(), Durations.FOREVER);
            handOutRequested();
          } catch (InterruptedException e) {
            // The subscriber interrupted the thread, which belongs to the stream.
          }
        }
      } catch (StreamEndedException | StreamClosedException e) {
        context.lifecycle().throwIfFailed();
      }
    }

    private void handOutRequested() throws InterruptedException {
      if (!isRequested()) {
        return;
      }
      PullGuard.Call<@Nullable Void, RuntimeException> next = this::handOutNext;
      puller.enter();
      try {
        Deadline deadline = pullDeadline();
        while (isRequested()) {
          if (puller.pull(deadline)) {
            guard.call(Use.HANDLING, next);
          } else {
            deadline = pullDeadline();
          }
        }
      } finally {
        guard.exit();
      }
    }

    private Deadline pullDeadline() {
      return Deadline.in(PULL_SLICE, context.runtime()).orOnce(this::isOver);
    }

    /** Takes the delivery that was pulled and passes it on, unless the subscription has ended. */
    private @Nullable Void handOutNext() {
      Subscriber<? super Delivery<E>> receiver = subscriber;
      if (receiver != null && demand.getAndUpdate(Subscription::lessOne) != ENDED) {
        // Nothing that may fail comes between, so that no delivery is lost.
        Delivery<E> delivery = puller.settleOnReceipt(puller.take());
        try {
          receiver.onNext(delivery);
        } catch (Throwable e) {
          cancel();
          context.observer().subscriberFailed("onNext", e);
        }
      }
      return null;
    }

    /** Subtracts one delivery from a demand, unless that is without bound. */
    private static long lessOne(long demand) {
      return demand == ENDED || demand == Long.MAX_VALUE ? demand : demand - 1;
    }
  }
}
