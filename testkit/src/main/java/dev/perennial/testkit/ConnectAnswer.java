package dev.perennial.testkit;

import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a call of {@code connect} does, for scripts that decide it when the call comes. Immutable,
 * but for the script.
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

  /** It succeeds, and the connection does as the script says. */
  public static <E> ConnectAnswer<E> connects(Consumer<ConnectionScript<E>> script) {
    ConnectionScript<E> lines = new ConnectionScript<>();
    script.accept(lines);
    return new ConnectAnswer<>(Duration.ZERO, false, null, lines);
  }

  /** It throws. */
  public static <E> ConnectAnswer<E> fails(Exception failure) {
    return new ConnectAnswer<>(Duration.ZERO, false, failure, new ConnectionScript<>());
  }

  /** It blocks until it is interrupted. */
  public static <E> ConnectAnswer<E> hangs() {
    return new ConnectAnswer<>(Duration.ZERO, true, null, new ConnectionScript<>());
  }

  /** Does the same after a time. */
  public ConnectAnswer<E> after(Duration time) {
    return new ConnectAnswer<>(delay.plus(time), hangs, failure, script);
  }

  ScriptedSource.Answer<E> toAnswer() {
    return new ScriptedSource.Answer<>(delay, hangs, failure, script);
  }
}
