package dev.perennial.deadletter.file.internal;

import dev.perennial.port.Checkpoint;
import java.time.Instant;
import java.util.Optional;

/**
 * The content of a dead letter.
 *
 * @param time when the letter was written
 * @param position the position of the event in its source, as text
 * @param checkpoint the checkpoint of the delivery
 * @param attempts how often the event was delivered
 * @param error what the handler threw
 * @param event the event, as the application encoded it
 */
public record Letter(
    Instant time,
    String position,
    Optional<Checkpoint> checkpoint,
    int attempts,
    ErrorText error,
    String event) {}
