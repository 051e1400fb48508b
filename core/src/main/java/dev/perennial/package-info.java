/**
 * Streams of events that must not lose anything.
 *
 * <p>Start with {@link dev.perennial.EventStream}: it keeps a connection of a source open, hands
 * out {@link dev.perennial.Delivery deliveries}, takes an ack for each, and comes back by itself
 * after every failure that can be survived. {@link dev.perennial.Checkpoints} says where a stream
 * whose client keeps track remembers how far it got. What sources, stores and transports implement
 * is in {@code dev.perennial.port}.
 */
@NullMarked
package dev.perennial;

import org.jspecify.annotations.NullMarked;
