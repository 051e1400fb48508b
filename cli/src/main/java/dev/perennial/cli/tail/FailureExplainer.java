package dev.perennial.cli.tail;

import dev.perennial.StreamFailedException;
import dev.perennial.StreamState;
import dev.perennial.cli.console.CommandFailedException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/** Explains in one line why a tail ends, and what to do. */
interface FailureExplainer {

  /** Explains why the stream, in this state, did not connect within the timeout. */
  CommandFailedException notLive(StreamState state, Duration timeout, TimeoutException cause);

  /** Explains why the stream failed. */
  CommandFailedException explain(StreamFailedException failure);
}
