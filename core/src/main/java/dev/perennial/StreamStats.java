package dev.perennial;

import java.time.Instant;
import java.util.Optional;

/**
 * A snapshot of a stream's figures since it was opened. The figures were read one after the other,
 * while the stream ran.
 *
 * @param received events that were received, dropped redeliveries not included
 * @param acked events that were acked
 * @param unacked deliveries handed out or waiting, not yet acked: how full the window is
 * @param reconnects connections after the first
 * @param redeliveriesDropped events that came again and were not handed out
 * @param malformed messages that could not be decoded
 * @param lastEvent when the last event was received
 * @param lastSave when the checkpoint was last saved
 */
public record StreamStats(
    long received,
    long acked,
    int unacked,
    long reconnects,
    long redeliveriesDropped,
    long malformed,
    Optional<Instant> lastEvent,
    Optional<Instant> lastSave) {}
