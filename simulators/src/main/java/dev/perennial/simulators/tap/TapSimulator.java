package dev.perennial.simulators.tap;

import java.net.URI;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A Tap server on the loopback interface, in this process.
 *
 * <p>Its database is in memory and outlives {@link #stop()} and {@link #restart()}. It runs on one
 * thread, and each method takes effect there before it returns, except that events are written when
 * a client has room for them. Safe for use from any thread.
 */
public final class TapSimulator implements AutoCloseable {

  private final ServerRunner runner;
  private final DurableState state;
  private final TapFaults faults;

  TapSimulator(TapSettings settings, int port) {
    state = new DurableState(settings);
    runner = new ServerRunner(state, port);
    faults = new TapFaults(runner, state);
  }

  /** Returns a builder with the defaults. */
  public static TapSimulatorBuilder builder() {
    return new TapSimulatorBuilder();
  }

  // Addresses

  /** The port, which stays the same when the server is started again. */
  public int port() {
    return runner.port();
  }

  /** Where clients connect: {@code ws://127.0.0.1:port/channel}. */
  public URI channelUri() {
    return URI.create("ws://127.0.0.1:" + port() + "/channel");
  }

  /** Where the management API is: {@code http://127.0.0.1:port}. */
  public URI httpUri() {
    return URI.create("http://127.0.0.1:" + port());
  }

  // Start and stop

  /** Starts the server on its database. Does nothing if it runs. */
  public void start() {
    runner.start();
  }

  /**
   * Ends the server as SIGTERM does: connections end without a close frame, and acks whose events
   * are not yet deleted are lost. Does nothing if it is not running.
   */
  public void stop() {
    runner.stop(false);
  }

  /** Ends the server as {@link #stop()} does, but clients see their connections reset. */
  public void kill() {
    runner.stop(true);
  }

  /** Stops the server and starts it again, on the same port and the same database. */
  public void restart() {
    runner.stop(false);
    runner.start();
  }

  /** Stops the server for good and frees its thread. */
  @Override
  public void close() {
    runner.close();
  }

  // Events

  /**
   * Emits an event, or, while the server is stopped, puts it into its database.
   *
   * @return the event's id
   */
  public long emit(TapEventSpec event) {
    return runner.call(() -> {
      ServerProcess process = runner.process();
      if (process != null) {
        return process.emit(event);
      }
      long id = state.table().firstCounter() + 1;
      state.insert(id, event);
      return id;
    });
  }

  /**
   * Emits a record that was created.
   *
   * @param json the record, as JSON text
   * @return the event's id
   */
  public long emitRecord(String did, String collection, String rkey, boolean live, String json) {
    return emit(
        new TapEventSpec.RecordChange(
            did,
            "",
            collection,
            rkey,
            "create",
            live,
            "bafyreiaperennialperennialperennialperennialperennialpere",
            json));
  }

  /**
   * Emits an identity.
   *
   * @return the event's id
   */
  public long emitIdentity(String did, String handle, boolean active, String status) {
    return emit(new TapEventSpec.IdentityChange(did, handle, active, status));
  }

  /**
   * Emits a text unchanged.
   *
   * @param text where each {@code $id} stands for the event's id
   * @return the event's id
   */
  public long emitRaw(String did, boolean live, String text) {
    return emit(new TapEventSpec.RawText(did, live, text));
  }

  /**
   * Emits an event under a given id. Those over 2^63-1 are for tests of the wire format: the real
   * server could not store them.
   *
   * @param id an unsigned number
   * @throws IllegalArgumentException if the outbox has an event with this id
   */
  public void emitWithId(long id, TapEventSpec event) {
    runner.call(() -> {
      ServerProcess process = runner.process();
      if (process != null) {
        process.emit(id, event);
      } else {
        state.insert(id, event);
      }
      return id;
    });
  }

  /**
   * Emits many events generated from the seed: mostly records from backfills, with live ones,
   * updates, deletes and identities between. They are generated as the outbox has room for them,
   * and replace what is left of an earlier call. The server then tracks the repositories.
   */
  public void generate(int events, int repositories) {
    if (events < 0 || repositories < 1) {
      throw new IllegalArgumentException(
          "To generate takes 0 events or more and 1 repository or more, not "
              + events
              + " and "
              + repositories
              + ".");
    }
    runner.run(() -> {
      state.generate(events, repositories);
      ServerProcess process = runner.process();
      if (process != null) {
        process.schedulePump();
      }
    });
  }

  /** Whether there are events left to generate. */
  public boolean generating() {
    return runner.call(() -> state.bulk().hasNext());
  }

  // Observations

  /** All events ever emitted, with how often each was sent and whether it was acked. */
  public Ledger ledger() {
    return runner.call(() -> state.ledger().read());
  }

  /** How many events were emitted. */
  public long emitted() {
    return count(m -> m.ledger().emitted());
  }

  /** How many times events were written to a connection, copies included. */
  public long delivered() {
    return count(m -> m.ledger().frames());
  }

  /** How many events were acked, each counted once. */
  public long acked() {
    return count(m -> m.ledger().acked());
  }

  /** How many events are in the database: not acked, or acked and not yet deleted. */
  public int outboxSize() {
    return runner.call(() -> state.table().size());
  }

  /** How many clients are connected. */
  public int connections() {
    return runner.call(() -> {
      ServerProcess process = runner.process();
      return process == null ? 0 : process.connections();
    });
  }

  /** How many connections were opened in all. */
  public long connectionsOpened() {
    return count(m -> m.observations().connections());
  }

  /** The latest 4,096 requests for {@code /channel}, refused ones included. */
  public List<Handshake> handshakes() {
    return runner.call(() -> state.observations().handshakes());
  }

  /** The latest 4,096 messages that clients sent. */
  public List<ClientMessage> clientMessages() {
    return runner.call(() -> state.observations().messages());
  }

  /**
   * The codes of the latest 4,096 close frames that clients sent; 1005 stands for one without a
   * code.
   */
  public List<Integer> clientCloseCodes() {
    return runner.call(() -> state.observations().closeCodes());
  }

  /** How many pings clients sent. */
  public long clientPings() {
    return count(m -> m.observations().pings());
  }

  /** How many pongs clients sent. */
  public long clientPongs() {
    return count(m -> m.observations().pongs());
  }

  // Repositories

  /** Tracks a repository, or replaces its data. */
  public void putRepository(RepoInfo repository) {
    runner.run(() -> state.repositories().put(repository));
  }

  /** A repository's data; null if it is not tracked. */
  public @Nullable RepoInfo repository(String did) {
    return runner.call(() -> state.repositories().get(did));
  }

  /**
   * Makes a DID resolve.
   *
   * @param json the DID document
   */
  public void putDidDocument(String did, String json) {
    runner.run(() -> state.repositories().putDidDocument(did, json));
  }

  /** Sets what {@code /stats/resync-buffer} returns. */
  public void setResyncBuffer(long size) {
    runner.run(() -> state.repositories().setResyncBuffer(size));
  }

  /** Sets what {@code /stats/cursors} returns; null for a cursor that the server does not have. */
  public void setCursors(@Nullable Long firehose, @Nullable String listRepos) {
    runner.run(() -> state.repositories().setCursors(firehose, listRepos));
  }

  // Faults

  /** The faults that it can be made to show. */
  public TapFaults faults() {
    return faults;
  }

  private long count(ToLongFunction<DurableState> counter) {
    return runner.call(() -> counter.applyAsLong(state));
  }
}
