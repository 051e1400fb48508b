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

  /** Decides about a lost position. */
  @FunctionalInterface
  public interface Decision<E> {

    /**
     * Decides.
     *
     * @throws Exception as {@code recover} of the source is to throw
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
   * Makes a source that starts at position 0, and whose every {@code connect} succeeds and stays
   * silent.
   */
  public ScriptedClientSource(StreamRuntime runtime) {
    super(runtime);
  }

  @Override
  ScriptedClientSource<E> self() {
    return this;
  }

  // --- the script

  /** Where a stream without a checkpoint begins: 0 unless set. */
  public ScriptedClientSource<E> start(long position) {
    start = Optional.of(new ScriptedPosition(position));
    return this;
  }

  /** The source cannot name its start. */
  public ScriptedClientSource<E> noStart() {
    start = Optional.empty();
    return this;
  }

  /** The next {@code start} throws. */
  public ScriptedClientSource<E> startFails(Exception failure) {
    startFailures.add(failure);
    return this;
  }

  /** Each {@code start} takes a time, or until it is interrupted. */
  public ScriptedClientSource<E> startTakes(Duration time) {
    startTakes = time;
    return this;
  }

  /** Each {@code start} blocks until it is interrupted. */
  public ScriptedClientSource<E> startHangs() {
    startHangs = true;
    return this;
  }

  /** The start that the application configured, in words. */
  public ScriptedClientSource<E> configuredStart(String words) {
    configuredStart = Optional.of(words);
    return this;
  }

  /** What the next {@code recover} decides. Without a line it stops the stream. */
  public ScriptedClientSource<E> recovers(Decision<E> decision) {
    decisions.add(decision);
    return this;
  }

  /** What every {@code recover} after the last line decides. */
  public ScriptedClientSource<E> recoversAlways(Decision<E> decision) {
    finalDecision = decision;
    return this;
  }

  /**
   * The fingerprint of its checkpoints, empty unless set. A checkpoint with another one is
   * rejected.
   */
  public ScriptedClientSource<E> fingerprint(String fingerprint) {
    this.fingerprint = fingerprint;
    return this;
  }

  /** Makes a position of a checkpoint with another fingerprint, instead of rejecting it. */
  public ScriptedClientSource<E> degrades(Function<Checkpoint, ScriptedPosition> degrade) {
    this.degrade = degrade;
    return this;
  }

  // --- what happened

  /** How often {@code start} was called. */
  public int starts() {
    synchronized (lostPositions) {
      return starts;
    }
  }

  /** The positions that {@code recover} was called with. */
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
          "the checkpoint is of '" + saved.source() + "', not of '" + name() + "'", null);
    }
    if (!saved.fingerprint().equals(fingerprint)) {
      if (degrade != null) {
        return degrade.apply(saved);
      }
      throw CheckpointException.mismatch(
          "the checkpoint was made under settings '"
              + saved.fingerprint()
              + "', not '"
              + fingerprint
              + "'",
          null);
    }
    try {
      return new ScriptedPosition(Long.parseLong(saved.position()));
    } catch (NumberFormatException e) {
      throw CheckpointException.corrupt(
          "'" + saved.position() + "' is no position of a scripted source", e);
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
        new ScriptedConnection.AckTaker<>() {
          @Override
          public void keep(ScriptedPosition position) {
            contract()
                .violation("an ack of " + position + " was given to a connection that takes none");
          }

          @Override
          public void written(
              ScriptedConnection<E, ScriptedPosition> connection, ScriptedPosition position) {}

          @Override
          public void received(ScriptedPosition position) {}

          @Override
          public List<ScriptedPosition> passOn() {
            return List.of();
          }

          @Override
          public int kept() {
            return 0;
          }
        },
        this::connectionClosed);
  }
}
