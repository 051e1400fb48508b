package dev.perennial.cli.tail;

import dev.perennial.StreamException;
import dev.perennial.StreamState;
import dev.perennial.cli.console.Failure;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/** Says in one line why a tail ends, and what to do about it. */
interface TailFailures {

  /** The stream was not connected in time, and is in this state. */
  Failure notLive(StreamState state, Duration patience, TimeoutException cause);

  /** The stream is dead. */
  Failure explain(StreamException death);
}
