package dev.perennial.testkit;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Connection;
import dev.perennial.port.Recovery;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A client-tracked source that follows a script.
 *
 * <pre>{@code
 * ScriptedClientSource<String> source =
 *     new ScriptedClientSource<String>(runtime)
 *         .fails(ScriptedFailure.retry("refused"))
 *         .connects(c -> c.event(1, "a").event(2, "b").lose(ScriptedFailure.retry("cut")))
 *         .connects(c -> c.event(3, "c").end());
 * }</pre>
 *
 * @param <E> the type of the events
 */
public final class ScriptedClientSource<E>
    extends ScriptedSource<E, ScriptedPosition, ScriptedClientSource<E>>
    implements ClientTrackedSource<E, ScriptedPosition> {

  /** A decision about a lost position, made when the stream calls {@code recover}. */
  @FunctionalInterface
  public interface Decision<E> {

    /**
     * Returns what {@code recover} returns.
     *
     * @throws Exception what {@code recover} is to throw
     */
    Recovery<E, ScriptedPosition> decide(ScriptedPosition lost, Throwable cause) throws Exception;
  }

  private final ArrayDeque<Exception> startFailures = new ArrayDeque<>();
  private final ArrayDeque<Decision<E>> decisions = new ArrayDeque<>();
  private Decision<E> finalDecision = (lost, cause) -> Recovery.stop();
  private Optional<ScriptedPosition> start = Optional.of(new ScriptedPosition(0));
  private Optional<String> configuredStart = Optional.empty();
  private Duration startTakes = Duration.ZERO;
  private boolean startHangs;
  private String fingerprint = "";
  private @Nullable Function<Checkpoint, ScriptedPosition> degrade;

  private final List<ScriptedPosition> lostPositions = new ArrayList<>();
  private int starts;

  /**
   * Makes a source that starts at position 0. Without a script, each {@code connect} opens a silent
   * connection.
   */
  public ScriptedClientSource(StreamRuntime runtime) {
    super(runtime);
  }

  @Override
  ScriptedClientSource<E> self() {
    return this;
  }

  // --- the script

  /** Sets the position that {@code start} returns. Default: 0. */
  public ScriptedClientSource<E> start(long position) {
    start = Optional.of(new ScriptedPosition(position));
    return this;
  }

  /** Makes {@code start} return empty, like a source that cannot name its start. */
  public ScriptedClientSource<E> noStart() {
    start = Optional.empty();
    return this;
  }

  /** Makes the next call of {@code start} throw. */
  public ScriptedClientSource<E> startFails(Exception failure) {
    startFailures.add(failure);
    return this;
  }

  /** Makes each call of {@code start} block for a time or until the thread is interrupted. */
  public ScriptedClientSource<E> startTakes(Duration time) {
    startTakes = time;
    return this;
  }

  /** Makes each call of {@code start} block until the thread is interrupted. */
  public ScriptedClientSource<E> startHangs() {
    startHangs = true;
    return this;
  }

  /** Sets the description of the start that the application configured. Default: none. */
  public ScriptedClientSource<E> configuredStart(String words) {
    configuredStart = Optional.of(words);
    return this;
  }

  /** Adds the decision of the next call of {@code recover}. Without one, it stops the stream. */
  public ScriptedClientSource<E> recovers(Decision<E> decision) {
    decisions.add(decision);
    return this;
  }

  /** Sets the decision of all calls of {@code recover} after those in the script. */
  public ScriptedClientSource<E> recoversAlways(Decision<E> decision) {
    finalDecision = decision;
    return this;
  }

  /** Sets the fingerprint of checkpoints. {@code decode} rejects any other. Default: empty. */
  public ScriptedClientSource<E> fingerprint(String fingerprint) {
    this.fingerprint = fingerprint;
    return this;
  }

  /** Lets {@code decode} make a position from a checkpoint with another fingerprint. */
  public ScriptedClientSource<E> degrades(Function<Checkpoint, ScriptedPosition> degrade) {
    this.degrade = degrade;
    return this;
  }

  // --- what happened

  /** Returns how many times {@code start} was called. */
  public int starts() {
    synchronized (lostPositions) {
      return starts;
    }
  }

  /** Returns the positions that {@code recover} was called with, in order. */
  public List<ScriptedPosition> lostPositions() {
    synchronized (lostPositions) {
      return List.copyOf(lostPositions);
    }
  }

  // --- the source

  @Override
  public Optional<ScriptedPosition> start() throws Exception {
    contract().enter("start");
    try {
      Exception failure;
      synchronized (lostPositions) {
        starts++;
        failure = startFailures.poll();
      }
      RuntimeWaits.sleep(runtime(), startTakes);
      if (startHangs) {
        RuntimeWaits.hang(runtime());
      }
      if (failure != null) {
        throw failure;
      }
      return start;
    } finally {
      contract().exit();
    }
  }

  @Override
  public Optional<String> configuredStart() {
    return configuredStart;
  }

  @Override
  public Connection<E, ScriptedPosition> connect(Optional<ScriptedPosition> after)
      throws Exception {
    return connectAfter(after);
  }

  @Override
  public Recovery<E, ScriptedPosition> recover(ScriptedPosition lost, Throwable cause)
      throws Exception {
    contract().enter("recover");
    try {
      Decision<E> decision;
      synchronized (lostPositions) {
        lostPositions.add(lost);
        decision = decisions.isEmpty() ? finalDecision : decisions.remove();
      }
      return decision.decide(lost, cause);
    } finally {
      contract().exit();
    }
  }

  @Override
  public Checkpoint encode(ScriptedPosition position) {
    if (isClosed()) {
      contract().violation("encode was called after the source was closed");
    }
    return new Checkpoint(name(), fingerprint, Long.toString(position.value()));
  }

  @Override
  public ScriptedPosition decode(Checkpoint saved) throws CheckpointException {
    if (!saved.source().equals(name())) {
      throw CheckpointException.mismatch(
          "Cannot use the checkpoint: it belongs to source \""
              + saved.source()
              + "\", not to \""
              + name()
              + "\".",
          null);
    }
    if (!saved.fingerprint().equals(fingerprint)) {
      if (degrade != null) {
        return degrade.apply(saved);
      }
      throw CheckpointException.mismatch(
          "Cannot use the checkpoint: its fingerprint is \""
              + saved.fingerprint()
              + "\", not \""
              + fingerprint
              + "\".",
          null);
    }
    try {
      return new ScriptedPosition(Long.parseLong(saved.position()));
    } catch (NumberFormatException e) {
      throw CheckpointException.corrupt(
          "Cannot use the checkpoint: its position \"" + saved.position() + "\" is not a number.",
          e);
    }
  }

  @Override
  ScriptedConnection<E, ScriptedPosition> open(int number, ConnectionScript<E> script) {
    return new ScriptedConnection<>(
        number,
        script,
        contract(),
        runtime(),
        (position, event) -> new ScriptedPosition(position),
        position -> false,
        new ScriptedConnection.AckRecorder<>() {
          @Override
          public void keep(ScriptedPosition position) {
            contract()
                .violation("a client-tracked connection was asked to acknowledge " + position);
          }

          @Override
          public void written(
              ScriptedConnection<E, ScriptedPosition> connection, ScriptedPosition position) {}

          @Override
          public void received(ScriptedPosition position) {}

          @Override
          public List<ScriptedPosition> takeKept() {
            return List.of();
          }

          @Override
          public int keptCount() {
            return 0;
          }
        },
        this::connectionClosed);
  }
}
