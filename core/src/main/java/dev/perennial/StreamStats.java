package dev.perennial;

import java.time.Instant;
import java.util.Optional;

/**
 * A snapshot of a stream's figures since it was opened. The figures are read one after the other
 * while the stream runs.
 *
 * @param received how many events were received, without dropped redeliveries
 * @param acked how many events were acked
 * @param unacked how many deliveries are handed out or waiting and not acked: how full the window
 *     is
 * @param reconnects how many connections followed the first
 * @param redeliveriesDropped how many events came again and were not handed out
 * @param malformed how many messages could not be decoded
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
