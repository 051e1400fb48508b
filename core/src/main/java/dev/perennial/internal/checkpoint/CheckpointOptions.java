package dev.perennial.internal.checkpoint;

import dev.perennial.port.CheckpointStore;
import java.time.Duration;
import java.util.Optional;

/**
 * Where a stream keeps its checkpoint, and how.
 *
 * @param store where
 * @param streamId under which name
 * @param acks after how many acks a save is due
 * @param interval how long after the first ack that is not saved a save is due
 * @param tolerateOutage how long the store may fail before the stream does
 * @param waitForClaim how long to wait for a claim that another stream holds; empty for as long as
 *     it takes
 * @param startAfresh whether a checkpoint that is found is ignored
 */
public record CheckpointOptions(
    CheckpointStore store,
    String streamId,
    int acks,
    Duration interval,
    Duration tolerateOutage,
    Optional<Duration> waitForClaim,
    boolean startAfresh) {}
