package dev.perennial;

import dev.perennial.Seat.Call;
import dev.perennial.Seat.Use;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.StreamRuntime.Timer;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The source's calls that may block for long: made from the seat, interrupted when they take longer
 * than the stream allows, and refused if they return null. For the thread that sits.
 *
 * @param limit how long each may take; empty for as long as the source lets it
 */
record SourceCalls(Object source, Optional<Duration> limit, Seat seat, StreamRuntime runtime) {

  /**
   * Makes a call.
   *
   * @throws SourceTimeout if it took too long
   * @throws AdapterFault if it returned null
   * @throws Exception what the source threw
   */
  <T> T call(String method, Call<@Nullable T, Exception> call) throws Exception {
    Call<T, Exception> checked = () -> AdapterFault.required(call.call(), source, method);
    return limit.isEmpty()
        ? seat.use(Use.CONNECTING, checked)
        : limited(method, limit.get(), checked);
  }

  private <T> T limited(String method, Duration longest, Call<T, Exception> call) throws Exception {
    Seat.Interruption late = seat.interruption();
    try {
      return seat.use(
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

  /** Empty if none can be had now: a call without a limit is better than none. */
  private Optional<Timer> timer(Duration longest, Seat.Interruption late) {
    try {
      return Optional.of(runtime.schedule(longest, late::interrupt));
    } catch (Throwable e) {
      return Optional.empty();
    }
  }
}
