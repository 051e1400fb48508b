package dev.perennial.transport.netty.internal.channel;

import dev.perennial.port.support.LogText;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The heartbeat of a channel: sends a ping each interval, and reports the peer as gone if nothing
 * arrives within the timeout after it. Anything counts, not only a pong, because a pong waits
 * behind all data sent before it, which over a slow network can take longer than the timeout.
 *
 * <p>A peer that reads nothing for that time is gone too, even if it sends; otherwise messages to
 * it would pile up.
 *
 * <p>While this side does not read, nothing can arrive, and a peer that waits for it need not read
 * either. So the timeout is suspended, and starts again when reading resumes. Pings are still sent,
 * because a proxy may close a connection that is idle.
 *
 * <p>Used by the event loop only.
 */
final class Heartbeat {

  private final Channel socket;
  private final OutboundQueue outbound;
  private final Duration interval;
  private final Duration timeout;
  private final Consumer<String> onPeerGone;

  private @Nullable ScheduledFuture<?> pings;
  private @Nullable ChannelFuture lastPing;
  private State state = new Idle();

  private sealed interface State {}

  /** Nothing is expected of the peer. */
  private record Idle() implements State {}

  /** The peer was pinged, and something must arrive before the check. */
  private static final class Waiting implements State {
    private final long writesBefore;
    private ScheduledFuture<?> check;
    private boolean heard;

    Waiting(long writesBefore, ScheduledFuture<?> check) {
      this.writesBefore = writesBefore;
      this.check = check;
    }
  }

  /**
   * This side does not read.
   *
   * @param pinged whether the peer was pinged and nothing has arrived since
   */
  private record Paused(boolean pinged) implements State {}

  private record Stopped() implements State {}

  /**
   * Makes a heartbeat, which is not started.
   *
   * @param onPeerGone called once with the reason when the peer is gone
   */
  Heartbeat(
      Channel socket,
      OutboundQueue outbound,
      Duration interval,
      Duration timeout,
      Consumer<String> onPeerGone) {
    this.socket = socket;
    this.outbound = outbound;
    this.interval = interval;
    this.timeout = timeout;
    this.onPeerGone = onPeerGone;
  }

  void start() {
    long nanos = TimeUnit.NANOSECONDS.convert(interval);
    pings =
        socket.eventLoop().scheduleWithFixedDelay(this::ping, nanos, nanos, TimeUnit.NANOSECONDS);
  }

  void stop() {
    if (pings != null) {
      pings.cancel(false);
    }
    move(new Stopped());
  }

  /** Records that data arrived. */
  void heard() {
    if (state instanceof Waiting waiting) {
      waiting.heard = true;
    }
  }

  /** Suspends the timeout while reading is paused, or resumes it. */
  void suspend(boolean paused) {
    if (state instanceof Paused before) {
      if (!paused) {
        move(before.pinged ? newWaiting() : new Idle());
      }
    } else if (paused && state instanceof Waiting waiting) {
      move(new Paused(!isAlive(waiting)));
    } else if (paused && state instanceof Idle) {
      move(new Paused(false));
    }
  }

  private void ping() {
    if (lastPing == null || lastPing.isDone()) {
      lastPing = outbound.ping();
      socket.flush();
    }
    if (state instanceof Paused) {
      move(new Paused(true));
    } else if (state instanceof Idle) {
      move(newWaiting());
    }
  }

  private Waiting newWaiting() {
    return new Waiting(outbound.writesDone(), schedule(this::overdue, timeout));
  }

  private void move(State next) {
    if (state instanceof Waiting waiting) {
      waiting.check.cancel(false);
    }
    state = next;
  }

  /**
   * Handles the end of the timeout. If this side was late, what the peer sent still waits in the
   * socket, so the event loop gets 1 ms to read it before the peer counts as gone.
   */
  private void overdue() {
    if (state instanceof Waiting waiting) {
      if (isAlive(waiting)) {
        move(new Idle());
      } else {
        waiting.check = schedule(this::decide, Duration.ofMillis(1));
      }
    }
  }

  private void decide() {
    if (!(state instanceof Waiting waiting)) {
      return;
    }
    if (isAlive(waiting)) {
      move(new Idle());
      return;
    }
    stop();
    onPeerGone.accept(
        waiting.heard
            ? "the peer has read nothing for " + LogText.duration(timeout)
            : "nothing has arrived for " + LogText.duration(timeout) + " after a ping");
  }

  private boolean isAlive(Waiting waiting) {
    boolean taken =
        lastPing == null || lastPing.isDone() || outbound.writesDone() != waiting.writesBefore;
    return waiting.heard && taken;
  }

  private ScheduledFuture<?> schedule(Runnable task, Duration delay) {
    return socket
        .eventLoop()
        .schedule(task, TimeUnit.NANOSECONDS.convert(delay), TimeUnit.NANOSECONDS);
  }
}
