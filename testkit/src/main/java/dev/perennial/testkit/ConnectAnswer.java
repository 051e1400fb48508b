package dev.perennial.testkit;

import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of one call of {@code connect}, for a script that decides it when the stream makes
 * the call. Immutable, except for its {@link ConnectionScript}.
 *
 * @param <E> the type of the events
 */
public final class ConnectAnswer<E> {

  private final Duration delay;
  private final boolean hangs;
  private final @Nullable Exception failure;
  private final ConnectionScript<E> script;

  private ConnectAnswer(
      Duration delay, boolean hangs, @Nullable Exception failure, ConnectionScript<E> script) {
    this.delay = delay;
    this.hangs = hangs;
    this.failure = failure;
    this.script = script;
  }

  /** Makes an answer that opens a connection, which then follows the script. */
  public static <E> ConnectAnswer<E> connects(Consumer<ConnectionScript<E>> script) {
    ConnectionScript<E> lines = new ConnectionScript<>();
    script.accept(lines);
    return new ConnectAnswer<>(Duration.ZERO, false, null, lines);
  }

  /** Makes an answer that throws. */
  public static <E> ConnectAnswer<E> fails(Exception failure) {
    return new ConnectAnswer<>(Duration.ZERO, false, failure, new ConnectionScript<>());
  }

  /** Makes an answer that blocks until the thread is interrupted. */
  public static <E> ConnectAnswer<E> hangs() {
    return new ConnectAnswer<>(Duration.ZERO, true, null, new ConnectionScript<>());
  }

  /** Returns the same answer with a delay before it. Delays add up. */
  public ConnectAnswer<E> after(Duration time) {
    return new ConnectAnswer<>(delay.plus(time), hangs, failure, script);
  }

  ScriptedSource.Answer<E> toAnswer() {
    return new ScriptedSource.Answer<>(delay, hangs, failure, script);
  }
}
