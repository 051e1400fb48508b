/**
 * The API of event streams that must not lose anything.
 *
 * <p>Start with {@link dev.perennial.EventStream}: it keeps a connection of a source open, hands
 * out {@link dev.perennial.Delivery deliveries}, takes an ack for each, and recovers by itself from
 * every failure that can be survived. {@link dev.perennial.Checkpoints} says where a client-tracked
 * stream keeps its checkpoint. Sources, stores and transports implement {@code dev.perennial.port}.
 */
@NullMarked
package dev.perennial;

import org.jspecify.annotations.NullMarked;
