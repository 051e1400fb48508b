package dev.perennial.transport.netty.internal.channel;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether the peer is still there: sends a ping each interval, and after it wants to hear
 * something within the timeout. Anything counts, not only a pong: a pong waits behind all the data
 * that was sent before it, which over a slow line may take longer than the timeout.
 *
 * <p>A peer that takes nothing from us for as long is lost too, even if it sends: otherwise what we
 * have to say to it would pile up.
 *
 * <p>While we ourselves do not read, nothing can be heard, and a peer that waits for us need not
 * read either; so the timeout is suspended and starts anew when reading goes on. Pings are still
 * sent, for whatever watches the line.
 *
 * <p>Used by the event loop only.
 */
final class Heartbeat {

  private final Channel socket;
  private final OutboundQueue outbound;
  private final Duration interval;
  private final Duration timeout;
  private final Consumer<String> dead;

  private @Nullable ScheduledFuture<?> pings;
  private @Nullable ChannelFuture lastPing;
  private State state = new Quiet();

  private sealed interface State {}

  /** The peer owes us nothing. */
  private record Quiet() implements State {}

  /** The peer was pinged and owes us a sign of life until the check. */
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
   * We do not read.
   *
   * @param owed whether the peer was pinged and has not been heard since
   */
  private record Paused(boolean owed) implements State {}

  private record Stopped() implements State {}

  /**
   * @param dead told once, with the reason, when the peer is gone
   */
  Heartbeat(
      Channel socket,
      OutboundQueue outbound,
      Duration interval,
      Duration timeout,
      Consumer<String> dead) {
    this.socket = socket;
    this.outbound = outbound;
    this.interval = interval;
    this.timeout = timeout;
    this.dead = dead;
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

  /** Something arrived. */
  void heard() {
    if (state instanceof Waiting waiting) {
      waiting.heard = true;
    }
  }

  /** Reading was paused, or goes on. */
  void suspend(boolean paused) {
    if (state instanceof Paused before) {
      if (!paused) {
        move(before.owed ? newWaiting() : new Quiet());
      }
    } else if (paused && state instanceof Waiting waiting) {
      move(new Paused(!isAlive(waiting)));
    } else if (paused && state instanceof Quiet) {
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
    } else if (state instanceof Quiet) {
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
   * The timeout is over. If it was us who were held up, what the peer sent meanwhile still waits in
   * the socket, so the event loop gets the opportunity to read it before the verdict.
   */
  private void overdue() {
    if (state instanceof Waiting waiting) {
      if (isAlive(waiting)) {
        move(new Quiet());
      } else {
        waiting.check = schedule(this::judge, Duration.ofMillis(1));
      }
    }
  }

  private void judge() {
    if (!(state instanceof Waiting waiting)) {
      return;
    }
    if (isAlive(waiting)) {
      move(new Quiet());
      return;
    }
    stop();
    dead.accept(
        waiting.heard
            ? "the peer has read nothing for " + timeout.toMillis() + " ms"
            : "nothing has arrived for " + timeout.toMillis() + " ms after a ping");
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
