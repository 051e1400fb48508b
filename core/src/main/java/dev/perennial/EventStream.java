package dev.perennial;

import static java.util.Objects.requireNonNull;

import dev.perennial.internal.checkpoint.CheckpointOptions;
import dev.perennial.internal.engine.DeliveryIterator;
import dev.perennial.internal.engine.Engine;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Position;
import dev.perennial.port.ServerTrackedSource;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/**
 * A stream of events that comes back by itself after every failure that can be survived.
 *
 * <p>The thread that calls {@link #next()}, or one of its kin, does the work: it connects, waits,
 * receives and reconnects. One thread at a time may do so. {@link #state()}, {@link #stats()},
 * {@link #close()} and everything of a {@link Delivery} are safe for use from any thread.
 *
 * @param <E> the type of the events
 */
public final class EventStream<E> implements Iterable<Delivery<E>>, AutoCloseable {

  /**
   * How long {@link #close()} may take, and how long the deliveries of a stream that failed can
   * still be settled before it gives up its claim.
   */
  public static final Duration DEFAULT_CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final Engine<E, ?> engine;
  private final String name;

  EventStream(String name, Engine<E, ?> engine) {
    this.name = name;
    this.engine = engine;
  }

  /** Begins to describe a stream whose server keeps track of acks. */
  public static <E, P extends Position> EventStreamBuilder<E> from(
      ServerTrackedSource<E, P> source) {
    requireNonNull(source, "from() needs a source");
    return new EventStreamBuilder<>(
        source, Optional.empty(), (options, listeners) -> Engine.of(source, options, listeners));
  }

  /**
   * Begins to describe a stream that keeps track itself, and says where: see {@link Checkpoints}.
   */
  public static <E, P extends Position> EventStreamBuilder<E> from(
      ClientTrackedSource<E, P> source, Checkpoints checkpoints) {
    requireNonNull(source, "from() needs a source");
    requireNonNull(checkpoints, "from() needs checkpoints; to keep none, say Checkpoints.none()");
    return new EventStreamBuilder<>(
        source,
        checkpoints.options().map(CheckpointOptions::streamId),
        (options, listeners) -> Engine.of(source, checkpoints.options(), options, listeners));
  }

  /**
   * Waits for the next event, for as long as it takes.
   *
   * @throws InterruptedException if the thread was interrupted; the stream stays usable
   * @throws StreamException if the stream is dead
   * @throws StreamEndedException if the source is complete
   * @throws StreamClosedException if the stream is closed
   * @throws IllegalStateException if another thread is waiting for an event
   */
  public Delivery<E> next() throws InterruptedException {
    return engine.puller().next();
  }

  /**
   * Waits for the next event, for a time. Called without a connection, it does the next step
   * towards one, and no further one once the time is over: called again and again it connects, also
   * with a time of zero.
   *
   * <p>It returns late if it is inside the source when the time is over: finding out where to begin
   * or go on, connecting, or closing a lost connection. How long that takes is up to the source's
   * own timeouts; {@link EventStreamBuilder#connectTimeout(Duration)} bounds all but the closing.
   *
   * @param timeout how long; zero or less only looks
   * @return the event, or empty if none came in time
   * @throws InterruptedException as {@link #next()} does, and so are the others
   */
  public Optional<Delivery<E>> next(Duration timeout) throws InterruptedException {
    return engine.puller().next(timeout);
  }

  /**
   * Takes several events at once: waits for the first, and takes what has arrived behind it. It may
   * return late as {@link #next(Duration)} may. It does not wait behind the first event, and reads
   * past only so many messages that hand out nothing, such as copies; the next call goes on with
   * the others.
   *
   * @param max how many at most, from 1 to the window's size
   * @param waitForFirst how long to wait for the first
   * @return the events; none if none came in time
   * @throws InterruptedException as {@link #next()} does, and so are the others
   */
  public Batch<E> poll(int max, Duration waitForFirst) throws InterruptedException {
    return engine.puller().poll(max, waitForFirst);
  }

  /**
   * Waits until the stream is connected: for programs that want to fail at the start. It may be
   * late as {@link #next(Duration)} may.
   *
   * @throws TimeoutException if it was not connected in time; the message says what the stream
   *     waits for (the claim on its checkpoint, its start to be saved, or a connection), and the
   *     cause is the last error of that, if there was one
   * @throws InterruptedException as {@link #next()} does, and so are the others
   */
  public void awaitLive(Duration timeout) throws InterruptedException, TimeoutException {
    engine.puller().awaitLive(timeout);
  }

  /**
   * The events one after the other, for as long as the stream lives: it ends when the source is
   * complete or the stream is closed, and throws {@link StreamException} when the stream dies. All
   * iterators draw from the same stream. {@code hasNext} takes the next event from the source; it
   * goes to whoever asks next, be it an iterator, {@link #next()}, {@link #poll} or {@link
   * #consume}. So another call between {@code hasNext} and {@code next} makes the latter wait
   * again.
   */
  @Override
  public Iterator<Delivery<E>> iterator() {
    return new DeliveryIterator<>(engine.puller());
  }

  /**
   * Handles the events one after the other in this thread, and acks each when its handler has
   * returned. Returns when the source is complete or the stream is closed.
   *
   * @throws InterruptedException if the thread was interrupted; the stream stays usable
   * @throws StreamException if the stream is dead; of a handler that threw, with its error as the
   *     cause
   */
  public void consume(Handler<E> handler) throws InterruptedException {
    engine.handlerLoop().consume(handler);
  }

  public StreamState state() {
    return engine.state();
  }

  /** The stream's figures. */
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
   * checkpoint, gives up the claim. Final, and idempotent: later calls wait for the first and give
   * the same report. Waits for no more than {@code timeout}, whatever listeners do, and not for
   * deliveries that other threads have not acked. No ack counts once it has returned. Called from a
   * handler or a listener, it waits for neither that nor a save that needs it.
   *
   * <p>A stream that failed has let go of everything by itself {@link #DEFAULT_CLOSE_TIMEOUT} after
   * that; closing it then reports what was done.
   */
  public CloseReport close(Duration timeout) {
    return engine.close(timeout);
  }

  @Override
  public String toString() {
    return "EventStream[" + name + ", " + state() + "]";
  }
}
