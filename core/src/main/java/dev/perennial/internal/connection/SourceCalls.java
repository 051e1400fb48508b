package dev.perennial.internal.connection;

import dev.perennial.internal.connection.PullGuard.Call;
import dev.perennial.internal.connection.PullGuard.Use;
import dev.perennial.internal.stream.AdapterFault;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Timer;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The calls of a source that may block for long: made inside the guard, interrupted when they take
 * too long, and refused if they return null. Used only by the pulling thread.
 *
 * @param limit how long each call may take; empty for no limit
 */
public record SourceCalls(
    Object source, Optional<Duration> limit, PullGuard guard, StreamRuntime runtime) {

  /**
   * Makes a call.
   *
   * @throws SourceTimeout if it took too long
   * @throws AdapterFault if it returned null
   * @throws Exception what the source threw
   */
  public <T> T call(String method, Call<@Nullable T, Exception> call) throws Exception {
    Call<T, Exception> checked = () -> AdapterFault.required(call.call(), source, method);
    return limit.isEmpty()
        ? guard.call(Use.CONNECTING, checked)
        : limited(method, limit.get(), checked);
  }

  private <T> T limited(String method, Duration longest, Call<T, Exception> call) throws Exception {
    PullGuard.Interruption late = guard.interruption();
    try {
      return guard.call(
          Use.CONNECTING,
          () -> {
            Optional<Timer> timer = timer(longest, late);
            try {
              return call.call();
            } finally {
              timer.ifPresent(Timer::cancel);
            }
          });
    } catch (Throwable e) {
      if (late.happened()) {
        throw new SourceTimeout(method, longest, e);
      }
      throw e;
    } finally {
      late.end();
    }
  }

  /** Returns empty if the runtime has no timer: a call without a limit is better than none. */
  private Optional<Timer> timer(Duration longest, PullGuard.Interruption late) {
    try {
      return Optional.of(runtime.schedule(longest, late::interrupt));
    } catch (Throwable e) {
      return Optional.empty();
    }
  }
}
