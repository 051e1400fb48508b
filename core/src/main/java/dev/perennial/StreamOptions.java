package dev.perennial;

import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.OptionalInt;

/** What a stream was opened with. */
record StreamOptions(
    String source,
    int window,
    AckMode acks,
    BackoffPolicy backoff,
    OptionalInt maxAttempts,
    Duration stableAfter,
    Duration tolerateRefusals,
    int redeliveryMemory,
    ErrorClassifier errors,
    StreamRuntime runtime) {}
