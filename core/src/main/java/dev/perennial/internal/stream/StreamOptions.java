package dev.perennial.internal.stream;

import dev.perennial.AckMode;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The options of one stream.
 *
 * @param name the stream's name, for logs and errors
 * @param source the source's name
 * @param connectTimeout how long start, connect and recover may take; empty for no limit
 * @param settleTime how long the deliveries of a failed stream can still be settled
 * @param errors the classifiers, in the order in which they are asked
 */
public record StreamOptions(
    String name,
    String source,
    int window,
    AckMode acks,
    BackoffPolicy backoff,
    OptionalInt maxAttempts,
    Duration stableAfter,
    Duration tolerateRefusals,
    Duration settleTime,
    Optional<Duration> connectTimeout,
    int redeliveryMemory,
    List<ErrorClassifier> errors,
    StreamRuntime runtime) {}
