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
 * The base class of the scripted sources: a script with one answer for each call of {@code
 * connect}, and records of the calls that the stream made. One thread writes the script before the
 * stream starts; any thread can read the records.
 *
 * <p>A stream that violates the contract of a source (calls that overlap, calls after a close, a
 * second open connection, a receive after a loss) fails a virtual run at once. With another
 * runtime, call {@link #assertNoViolations()}.
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
   * @param number the number of the call, from 1
   * @param after the position after which the stream resumes; empty for a server-tracked source
   * @param at the time of the call
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

  /** The outcome of one call of {@code connect}: after the delay it hangs, throws or connects. */
  record Answer<E>(
      Duration delay, boolean hangs, @Nullable Exception failure, ConnectionScript<E> script) {}

  ScriptedSource(StreamRuntime runtime) {
    this.runtime = runtime;
    this.contract = new SourceContractCheck(runtime);
  }

  abstract S self();

  abstract ScriptedConnection<E, P> open(int number, ConnectionScript<E> script);

  // --- the script

  /** Makes the next call of {@code connect} open a connection that follows the script. */
  public S connects(Consumer<ConnectionScript<E>> script) {
    ConnectionScript<E> lines = new ConnectionScript<>();
    script.accept(lines);
    return answer(false, null, lines);
  }

  /** Makes the next call of {@code connect} throw. */
  public S fails(Exception failure) {
    return answer(false, failure, new ConnectionScript<>());
  }

  /** Makes the next call of {@code connect} block until the thread is interrupted. */
  public S hangs() {
    return answer(true, null, new ConnectionScript<>());
  }

  /**
   * Makes the next call of {@code connect} block for a time or until the thread is interrupted. The
   * answer added next applies to the same call.
   */
  public S hangs(Duration time) {
    delay = delay.plus(time);
    return self();
  }

  /** Makes the next call of {@code connect} do what a function decides during the call. */
  public S answers(Function<Connect<P>, ConnectAnswer<E>> answer) {
    answers.add(answer.andThen(ConnectAnswer::toAnswer));
    return self();
  }

  /**
   * Makes all calls of {@code connect} after those in the script do what a function decides.
   * Default: each opens a silent connection.
   */
  public S thereafter(Function<Connect<P>, ConnectAnswer<E>> answer) {
    otherwise = answer.andThen(ConnectAnswer::toAnswer);
    return self();
  }

  /** Sets the backoff of the source. Default: exponential from 1 s to 60 s. */
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

  // --- records

  /** Returns the calls of {@code connect} in order, including those that failed. */
  public List<Connect<P>> connects() {
    synchronized (connects) {
      return List.copyOf(connects);
    }
  }

  /** Returns the numbers of the closed connections, in the order of their close. */
  public List<Integer> closedConnections() {
    synchronized (connects) {
      return List.copyOf(closed);
    }
  }

  /** Returns whether the stream closed the source. */
  public boolean isClosed() {
    return contract.isSourceClosed();
  }

  /** Returns whether a connection is open that the stream has not closed. */
  public boolean hasOpenConnection() {
    return contract.openConnection() != 0;
  }

  /** Returns the violations of the contract of a source, in order. */
  public List<String> violations() {
    return contract.violations();
  }

  /**
   * Checks that the stream kept the contract of a source.
   *
   * @throws AssertionError if it violated it
   */
  public void assertNoViolations() {
    List<String> violations = violations();
    if (!violations.isEmpty()) {
      throw SourceContractCheck.error(violations);
    }
  }

  // --- the source

  /** Returns {@code scripted}. */
  public String name() {
    return "scripted";
  }

  /** Returns the binding of this source to its stream. */
  public SourceBinding binding() {
    return binding;
  }

  /** Returns a classifier that knows each {@link ScriptedFailure} by its verdict. */
  public ErrorClassifier errors() {
    return ScriptedFailure.classifier();
  }

  /** Returns the policy set with {@link #backoff(BackoffPolicy)}. */
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
