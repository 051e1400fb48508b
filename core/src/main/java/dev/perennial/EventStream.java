package dev.perennial;

import static java.util.Objects.requireNonNull;

import dev.perennial.internal.checkpoint.CheckpointOptions;
import dev.perennial.internal.engine.Engine;
import dev.perennial.internal.pull.DeliveryIterator;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Position;
import dev.perennial.port.ServerTrackedSource;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeoutException;

/**
 * A stream of events that recovers by itself from every failure that can be survived.
 *
 * <p>The thread that calls {@link #next()} or a similar method does the work: it connects, waits,
 * receives and reconnects. One thread at a time may do so. {@link #state()}, {@link #stats()},
 * {@link #close()} and all methods of a {@link Delivery} are safe for use from any thread.
 *
 * <p>The stream logs under the name of this class.
 *
 * @param <E> the type of the events
 */
public final class EventStream<E> implements Iterable<Delivery<E>>, AutoCloseable {

  /**
   * How long {@link #close()} may take, and how long the deliveries of a failed stream can still be
   * settled before it releases its claim.
   */
  public static final Duration DEFAULT_CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final Engine<E, ?> engine;
  private final String name;

  EventStream(String name, Engine<E, ?> engine) {
    this.name = name;
    this.engine = engine;
  }

  /** Starts to build a stream whose server tracks acks. */
  public static <E, P extends Position> EventStreamBuilder<E> from(
      ServerTrackedSource<E, P> source) {
    requireNonNull(source, "from() needs a source.");
    return new EventStreamBuilder<>(
        source, Optional.empty(), (options, listeners) -> Engine.of(source, options, listeners));
  }

  /** Starts to build a stream that keeps track of acks itself, in {@link Checkpoints}. */
  public static <E, P extends Position> EventStreamBuilder<E> from(
      ClientTrackedSource<E, P> source, Checkpoints checkpoints) {
    requireNonNull(source, "from() needs a source.");
    requireNonNull(checkpoints, "from() needs checkpoints. To keep none, use Checkpoints.none().");
    return new EventStreamBuilder<>(
        source,
        checkpoints.options().map(CheckpointOptions::streamId),
        (options, listeners) -> Engine.of(source, checkpoints.options(), options, listeners));
  }

  /**
   * Waits for the next event, for as long as it takes.
   *
   * @throws InterruptedException if the thread was interrupted; the stream stays usable
   * @throws StreamFailedException if the stream has failed
   * @throws StreamEndedException if the source is complete
   * @throws StreamClosedException if the stream is closed
   * @throws IllegalStateException if another thread is waiting for an event
   */
  public Delivery<E> next() throws InterruptedException {
    return engine.puller().next();
  }

  /**
   * Waits for the next event, for a time. Without a connection it takes the next step towards one,
   * and no further step once the time is over. Repeated calls connect, even with a time of zero.
   *
   * <p>It returns late if it is inside the source when the time is over: in start, connect or
   * recover, or closing a lost connection. How long that takes depends on the source's own
   * timeouts; {@link EventStreamBuilder#connectTimeout(Duration)} bounds all of it but the closing.
   *
   * @param timeout how long; zero or less only checks
   * @return the event, or empty if none came in time
   * @throws InterruptedException as {@link #next()}, which also throws the other exceptions
   */
  public Optional<Delivery<E>> next(Duration timeout) throws InterruptedException {
    return engine.puller().next(timeout);
  }

  /**
   * Takes several events at once: waits for the first, and adds those that have arrived after it.
   * It may return late, as {@link #next(Duration)} may. It does not wait after the first event, and
   * it reads only a limited number of messages that hand out nothing, such as copies; the next call
   * continues.
   *
   * @param max how many at most, from 1 to the size of the window
   * @param waitForFirst how long to wait for the first
   * @return the events; none if none came in time
   * @throws InterruptedException as {@link #next()}, which also throws the other exceptions
   */
  public Batch<E> poll(int max, Duration waitForFirst) throws InterruptedException {
    return engine.puller().poll(max, waitForFirst);
  }

  /**
   * Waits until the stream is connected, for programs that should fail at startup. It may return
   * late, as {@link #next(Duration)} may.
   *
   * @throws TimeoutException if it was not connected in time; the message says what the stream
   *     waits for (the claim on its checkpoint, the save of its start, or a connection), and the
   *     cause is the last error of that, if there was one
   * @throws InterruptedException as {@link #next()}, which also throws the other exceptions
   */
  public void awaitLive(Duration timeout) throws InterruptedException, TimeoutException {
    engine.puller().awaitLive(timeout);
  }

  /**
   * Returns an iterator over the events. It ends when the source is complete or the stream is
   * closed, and throws {@link StreamFailedException} when the stream fails. All iterators draw from
   * the same stream. {@code hasNext} fetches the next event, which goes to the next call of any
   * kind: of an iterator, {@link #next()}, {@link #poll} or {@link #consume}. After such a call,
   * {@code next} waits again.
   */
  @Override
  public Iterator<Delivery<E>> iterator() {
    return new DeliveryIterator<>(engine.puller());
  }

  /**
   * Passes the events to a handler one after the other, on the calling thread, and acks each when
   * the handler has returned: {@link #consume(DeliveryHandler, Handling)} with {@link
   * Handling#inOrder()}.
   */
  public void consume(DeliveryHandler<E> handler) throws InterruptedException {
    consume(handler, Handling.inOrder());
  }

  /**
   * Passes the events to a handler and acks each when the handler has returned. Returns when the
   * source is complete or the stream is closed, and no handler runs any more. After an exception
   * the events that are not handled come again with the next call, if the stream is usable.
   *
   * @throws InterruptedException if the calling thread was interrupted; the stream stays usable
   * @throws StreamFailedException if the stream has failed; if a handler stopped it, with its error
   *     as the cause
   * @throws java.util.concurrent.RejectedExecutionException if the handling's executor takes no
   *     task; the stream stays usable
   */
  public void consume(DeliveryHandler<E> handler, Handling<E> handling)
      throws InterruptedException {
    engine.handlers().consume(handler, handling.options());
  }

  /**
   * Passes the events to a handler in batches, as {@link #consume(DeliveryHandler, Handling)} does
   * one by one. A batch that fails is retried as a whole. After its last attempt it is handled by
   * halves, and these by halves, until the events are found that fail alone; only what they throw
   * counts as the last attempt of an event. With keys, no key is in two batches at once, and events
   * of one key stay in order within a batch.
   *
   * @param max how many events a batch has at most, from 1 to the size of the window
   * @param linger how long a batch waits for more events after its first, not negative
   */
  public void consumeBatches(
      int max, Duration linger, BatchHandler<E> handler, Handling<E> handling)
      throws InterruptedException {
    engine.handlers().consumeBatches(max, linger, handler, handling.options());
  }

  /**
   * Releases a key from quarantine, so that its later events are handled again. Any thread.
   *
   * @return whether it was in quarantine
   * @see Handling#quarantineKey()
   */
  public boolean releaseKey(Object key) {
    return engine.handlers().quarantine().release(key);
  }

  /** Returns the keys in quarantine at this moment. Any thread. */
  public Set<Object> quarantinedKeys() {
    return engine.handlers().quarantine().keys();
  }

  /**
   * Returns the events as a publisher, for libraries of reactive streams. It has one subscriber at
   * a time, which acks each delivery itself; a second one gets an {@link IllegalStateException}.
   * After a subscription has ended, the next one continues with the next event.
   *
   * <p>While the subscriber has requested deliveries, a thread of the stream reads for it, and no
   * other thread can. It hands out as many as were requested, as long as the window has room. It
   * calls {@code onComplete} when the source is complete or the stream is closed, and {@code
   * onError} with a {@link StreamFailedException} when the stream has failed. What a subscriber
   * throws ends its subscription and is logged.
   */
  public Flow.Publisher<Delivery<E>> publisher() {
    return engine.publisher();
  }

  public StreamState state() {
    return engine.state();
  }

  /** Returns the figures of the stream. */
  public StreamStats stats() {
    return engine.stats();
  }

  /** Closes the stream within {@link #DEFAULT_CLOSE_TIMEOUT}. */
  @Override
  public void close() {
    close(DEFAULT_CLOSE_TIMEOUT);
  }

  /**
   * Closes the stream: ends waiting calls, lets a running handler finish, writes acks, saves the
   * checkpoint and releases the claim. Final and idempotent: later calls wait for the first and
   * return the same report. It takes at most {@code timeout}, whatever listeners do, and does not
   * wait for deliveries that other threads have not acked. No ack counts after it has returned.
   * Called from a handler or a listener, it waits neither for that nor for a save that needs it.
   *
   * <p>A failed stream has released everything by itself {@link #DEFAULT_CLOSE_TIMEOUT} after its
   * failure; closing it then reports what was done.
   */
  public CloseReport close(Duration timeout) {
    return engine.close(timeout);
  }

  @Override
  public String toString() {
    return "EventStream[" + name + ", " + state() + "]";
  }
}
