package dev.perennial.transport.netty;

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

  private static final byte[] EMPTY = new byte[0];

  private final Channel socket;
  private final Outbound outbound;
  private final Duration interval;
  private final Duration timeout;
  private final Consumer<String> dead;

  private @Nullable ScheduledFuture<?> pings;
  private @Nullable ScheduledFuture<?> check;
  private @Nullable ChannelFuture lastPing;
  private boolean heard;
  private long writesBefore;
  private boolean suspended;
  private boolean unanswered;
  private boolean stopped;

  /**
   * @param dead told once, with the reason, when the peer is gone
   */
  Heartbeat(
      Channel socket,
      Outbound outbound,
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
    stopped = true;
    if (pings != null) {
      pings.cancel(false);
    }
    disarm();
  }

  /** Something arrived. */
  void heard() {
    heard = true;
  }

  /** Reading was paused, or goes on. */
  void suspend(boolean paused) {
    if (stopped || suspended == paused) {
      return;
    }
    suspended = paused;
    if (paused) {
      unanswered = check != null && !isAlive();
      disarm();
    } else if (unanswered) {
      unanswered = false;
      arm();
    }
  }

  private void ping() {
    if (lastPing == null || lastPing.isDone()) {
      lastPing = outbound.control(Opcode.PING, EMPTY);
      socket.flush();
    }
    if (suspended) {
      unanswered = true;
    } else if (check == null) {
      arm();
    }
  }

  private void arm() {
    heard = false;
    writesBefore = outbound.writesDone();
    check = schedule(this::overdue, timeout);
  }

  private void disarm() {
    if (check != null) {
      check.cancel(false);
      check = null;
    }
  }

  /**
   * The timeout is over. If it was us who were held up, what the peer sent meanwhile still waits in
   * the socket, so the event loop gets the opportunity to read it before the verdict.
   */
  private void overdue() {
    check = isAlive() ? null : schedule(this::judge, Duration.ofMillis(1));
  }

  private void judge() {
    check = null;
    if (isAlive()) {
      return;
    }
    stop();
    dead.accept(
        heard
            ? "the peer has read nothing for " + timeout.toMillis() + " ms"
            : "nothing has arrived for " + timeout.toMillis() + " ms after a ping");
  }

  private boolean isAlive() {
    boolean taken = lastPing == null || lastPing.isDone() || outbound.writesDone() != writesBefore;
    return heard && taken;
  }

  private ScheduledFuture<?> schedule(Runnable task, Duration delay) {
    return socket
        .eventLoop()
        .schedule(task, TimeUnit.NANOSECONDS.convert(delay), TimeUnit.NANOSECONDS);
  }
}
