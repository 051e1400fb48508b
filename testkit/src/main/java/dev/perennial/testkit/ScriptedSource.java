package dev.perennial.testkit;

import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Position;
import dev.perennial.port.SourceBinding;
import dev.perennial.port.StreamRuntime;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the scripted sources have in common: a script with one line for each {@code connect}, and
 * records of what the stream did. The script is made by one thread before the stream begins; the
 * records can be read by any thread.
 *
 * <p>A stream that breaks the source's contract (calls that overlap, calls after a close, a second
 * connection beside an open one, a receive after a loss) fails a virtual run at once; with another
 * runtime see {@link #assertNoViolations()}.
 *
 * @param <E> the type of the events
 * @param <P> the type of their positions
 * @param <S> the type of the source
 */
public abstract sealed class ScriptedSource<
        E, P extends Position, S extends ScriptedSource<E, P, S>>
    permits ScriptedClientSource, ScriptedServerSource {

  /**
   * A call of {@code connect}.
   *
   * @param number which one, from 1
   * @param after the position to go on after; empty for a server-tracked source
   * @param at when
   * @param <P> the type of positions
   */
  public record Connect<P extends Position>(int number, Optional<P> after, Instant at) {}

  private final StreamRuntime runtime;
  private final SourceBinding binding = new SourceBinding();
  private final SourceContractCheck contract;
  private final ArrayDeque<Function<Connect<P>, Answer<E>>> answers = new ArrayDeque<>();
  private Function<Connect<P>, Answer<E>> otherwise =
      connect -> new Answer<>(Duration.ZERO, false, null, new ConnectionScript<>());
  private Duration delay = Duration.ZERO;
  private @Nullable BackoffPolicy backoff;

  private final List<Connect<P>> connects = new ArrayList<>();
  private final List<Integer> closed = new ArrayList<>();

  /** What one call of {@code connect} does: waits, then hangs, fails or connects. */
  record Answer<E>(
      Duration delay, boolean hangs, @Nullable Exception failure, ConnectionScript<E> script) {}

  ScriptedSource(StreamRuntime runtime) {
    this.runtime = runtime;
    this.contract = new SourceContractCheck(runtime);
  }

  abstract S self();

  abstract ScriptedConnection<E, P> open(int number, ConnectionScript<E> script);

  // --- the script

  /** The next {@code connect} succeeds, and the connection does as the script says. */
  public S connects(Consumer<ConnectionScript<E>> script) {
    ConnectionScript<E> lines = new ConnectionScript<>();
    script.accept(lines);
    return answer(false, null, lines);
  }

  /** The next {@code connect} throws. */
  public S fails(Exception failure) {
    return answer(false, failure, new ConnectionScript<>());
  }

  /** The next {@code connect} blocks until it is interrupted. */
  public S hangs() {
    return answer(true, null, new ConnectionScript<>());
  }

  /**
   * The next {@code connect} takes a time, or until it is interrupted, before it does what the next
   * line says.
   */
  public S hangs(Duration time) {
    delay = delay.plus(time);
    return self();
  }

  /** The next {@code connect} does what a function says then. See {@link ConnectAnswer}. */
  public S answers(Function<Connect<P>, ConnectAnswer<E>> answer) {
    answers.add(answer.andThen(ConnectAnswer::toAnswer));
    return self();
  }

  /**
   * Every {@code connect} after the last line does what a function says; else each succeeds and
   * stays silent.
   */
  public S thereafter(Function<Connect<P>, ConnectAnswer<E>> answer) {
    otherwise = answer.andThen(ConnectAnswer::toAnswer);
    return self();
  }

  /** The source's backoff: the ports' default unless set. */
  public S backoff(BackoffPolicy policy) {
    backoff = policy;
    return self();
  }

  private S answer(boolean hangs, @Nullable Exception failure, ConnectionScript<E> script) {
    Answer<E> answer = new Answer<>(delay, hangs, failure, script);
    delay = Duration.ZERO;
    answers.add(connect -> answer);
    return self();
  }

  // --- what happened

  /** The calls of {@code connect}, those that failed included. */
  public List<Connect<P>> connects() {
    synchronized (connects) {
      return List.copyOf(connects);
    }
  }

  /** The numbers of the connections that were closed, in order. */
  public List<Integer> closedConnections() {
    synchronized (connects) {
      return List.copyOf(closed);
    }
  }

  /** Whether the stream closed the source. */
  public boolean isClosed() {
    return contract.isSourceClosed();
  }

  /** Whether a connection is open that the stream has not closed. */
  public boolean hasOpenConnection() {
    return contract.openConnection() != 0;
  }

  /** What the stream did that a source's contract forbids. */
  public List<String> violations() {
    return contract.violations();
  }

  /**
   * Fails if the stream did anything that a source's contract forbids.
   *
   * @throws AssertionError if so
   */
  public void assertNoViolations() {
    List<String> violations = violations();
    if (!violations.isEmpty()) {
      throw new AssertionError("The stream broke the source's contract: " + violations + ".");
    }
  }

  // --- the source

  /** Always {@code scripted}. */
  public String name() {
    return "scripted";
  }

  /** Says which stream this source belongs to. */
  public SourceBinding binding() {
    return binding;
  }

  /** Classifies what {@link ScriptedFailure} makes, by what it says. */
  public ErrorClassifier errors() {
    return ScriptedFailure.classifier();
  }

  /** The policy set with {@link #backoff(BackoffPolicy)}. */
  public BackoffPolicy backoff() {
    return backoff != null
        ? backoff
        : BackoffPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(60));
  }

  /**
   * Records the close.
   *
   * @throws IOException never
   */
  public void close() throws IOException {
    contract.enter("close of the source");
    try {
      contract.requireNoOpenConnection("close of the source");
      contract.sourceClosed();
    } finally {
      contract.exit();
    }
  }

  ScriptedConnection<E, P> connectAfter(Optional<P> after) throws Exception {
    contract.enter("connect");
    try {
      contract.requireNoOpenConnection("connect");
      Connect<P> connect;
      Function<Connect<P>, Answer<E>> next;
      Instant now = runtime.now();
      synchronized (connects) {
        connect = new Connect<>(connects.size() + 1, after, now);
        connects.add(connect);
        next = answers.isEmpty() ? otherwise : answers.remove();
      }
      Answer<E> answer = next.apply(connect);
      RuntimeWaits.sleep(runtime, answer.delay());
      if (answer.hangs()) {
        RuntimeWaits.hang(runtime);
      }
      Exception failure = answer.failure();
      if (failure != null) {
        throw failure;
      }
      ScriptedConnection<E, P> opened = open(connect.number(), answer.script());
      contract.opened(connect.number());
      return opened;
    } finally {
      contract.exit();
    }
  }

  void connectionClosed(ScriptedConnection<E, P> was) {
    synchronized (connects) {
      closed.add(was.number());
    }
  }

  SourceContractCheck contract() {
    return contract;
  }

  StreamRuntime runtime() {
    return runtime;
  }
}
