package dev.perennial.simulators.tap;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One run of the server, with the state that is lost when it ends. Used on the simulator's thread
 * only.
 *
 * <p>All connections that have room take turns to draw from one channel of events: one event each,
 * or a full buffer if there is only one connection.
 */
final class ServerProcess {

  /** How much is written at once. */
  private static final int BATCH_BYTES = 64 * 1024;

  /** How many generated events are kept ready to write. */
  private static final int READY_EVENTS = 4_096;

  private final DurableState state;
  private final EventLoop loop;
  private final Outbox outbox;
  private final Set<Channel> channels = new LinkedHashSet<>();
  private final List<ClientConnection> connections = new ArrayList<>();
  private final List<ScheduledFuture<?>> tickers = new ArrayList<>();
  private long counter;
  private int turn;
  private boolean pumpScheduled;
  private boolean stopped;

  ServerProcess(DurableState state, EventLoop loop) {
    this.state = state;
    this.loop = loop;
    TapSettings settings = state.settings();
    counter = state.table().firstCounter();
    outbox =
        new Outbox(
            state.table(), settings.retryTimeout(), Outbox.CHANNEL_CAPACITY, System.nanoTime());
    if (settings.mode() == DeliveryMode.ACKS) {
      tick(settings.retryTimeout(), () -> outbox.retryTick(System.nanoTime()));
    }
    tick(settings.deleteInterval(), outbox::deleteTick);
    schedulePump();
  }

  DurableState state() {
    return state;
  }

  /** Emits an event under the next id. */
  long emit(TapEventSpec event) {
    long id = produce(event);
    schedulePump();
    return id;
  }

  /** Emits an event under a given id. */
  void emit(long id, TapEventSpec event) {
    outbox.add(state.insert(id, event), System.nanoTime());
    schedulePump();
  }

  /** Handles an ack from a client. */
  void ack(long id) {
    if (state.settings().mode() == DeliveryMode.ACKS) {
      outbox.ack(id, System.nanoTime());
    }
  }

  /** Whether an event counts as acked once it is written. */
  boolean acksOnWrite() {
    return state.settings().mode() == DeliveryMode.FIRE_AND_FORGET;
  }

  /** Acks events that were written. */
  void acknowledgeWritten(List<OutboxRow> rows) {
    rows.forEach(row -> outbox.ack(row.id(), System.nanoTime()));
    schedulePump();
  }

  void opened(Channel channel) {
    channels.add(channel);
    channel.closeFuture().addListener(future -> channels.remove(channel));
  }

  void opened(ClientConnection connection) {
    connections.add(connection);
    state.observations().connected();
    schedulePump();
  }

  void closed(ClientConnection connection) {
    connections.remove(connection);
    schedulePump();
  }

  int connections() {
    return connections.size();
  }

  void forEachConnection(Consumer<ClientConnection> action) {
    List.copyOf(connections).forEach(action);
  }

  /** Schedules the writing of events for when the thread is free. */
  void schedulePump() {
    if (!pumpScheduled && !stopped) {
      pumpScheduled = true;
      loop.execute(this::pump);
    }
  }

  /**
   * Ends the run: closes all connections without a close frame, and drops what is not in the
   * database, including acks whose events are not yet deleted.
   *
   * @param reset whether the clients see a reset rather than an end
   * @return what to wait for
   */
  List<ChannelFuture> stop(boolean reset) {
    stopped = true;
    tickers.forEach(ticker -> ticker.cancel(false));
    return List.copyOf(channels).stream().map(channel -> close(channel, reset)).toList();
  }

  static ChannelFuture close(Channel channel, boolean reset) {
    if (reset) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
    }
    return channel.close();
  }

  private void tick(Duration interval, Runnable action) {
    tickers.add(
        loop.scheduleAtFixedRate(
            () -> {
              action.run();
              schedulePump();
            },
            interval.toNanos(),
            interval.toNanos(),
            TimeUnit.NANOSECONDS));
  }

  private long produce(TapEventSpec event) {
    do {
      counter++;
    } while (state.table().contains(counter));
    outbox.add(state.insert(counter, event), System.nanoTime());
    return counter;
  }

  private void pump() {
    pumpScheduled = false;
    if (stopped) {
      return;
    }
    produceAhead();
    List<ClientConnection> writing =
        connections.stream().filter(ClientConnection::writable).toList();
    int perTurn = writing.size() == 1 ? Integer.MAX_VALUE : 1;
    List<ByteBuf> buffers = new ArrayList<>();
    for (ClientConnection connection : writing) {
      buffers.add(connection.buffer(BATCH_BYTES));
    }
    boolean more = !writing.isEmpty();
    while (more) {
      more = false;
      for (int i = 0; i < writing.size() && outbox.waiting() > 0; i++) {
        int next = (turn + i) % writing.size();
        more |= fill(writing.get(next), buffers.get(next), perTurn);
      }
      turn = (turn + 1) & Integer.MAX_VALUE;
    }
    for (int i = 0; i < writing.size(); i++) {
      writing.get(i).write(buffers.get(i));
    }
    boolean anyWritable = connections.stream().anyMatch(ClientConnection::writable);
    if (anyWritable && (outbox.waiting() > 0 || mayProduce())) {
      schedulePump();
    }
  }

  /** Writes events to a connection's buffer; false if it is full or there are none. */
  private boolean fill(ClientConnection connection, ByteBuf buffer, int atMost) {
    for (int i = 0; i < atMost; i++) {
      if (buffer.readableBytes() >= BATCH_BYTES) {
        return false;
      }
      OutboxRow row = outbox.poll(System.nanoTime());
      if (row == null) {
        return false;
      }
      connection.encode(row, buffer);
    }
    return true;
  }

  private boolean mayProduce() {
    return state.bulk().hasNext()
        && state.table().size() < state.settings().outboxCapacity()
        && outbox.backlog() < READY_EVENTS;
  }

  private void produceAhead() {
    for (int i = 0; i < READY_EVENTS && mayProduce(); i++) {
      produce(state.bulk().next());
    }
  }
}
