/**
 * What an adapter implements: sources, connections, transports, checkpoint stores, and the values
 * that pass between them and the engine.
 *
 * <p>Start with {@link dev.perennial.port.ClientTrackedSource} or {@link
 * dev.perennial.port.ServerTrackedSource} to consume a new kind of stream, with {@link
 * dev.perennial.port.CheckpointStore} to keep checkpoints somewhere else, and with {@link
 * dev.perennial.port.Transport} to carry messages another way. This package depends on the JDK and
 * JSpecify only. Applications rarely need it: they use {@code dev.perennial}.
 */
@NullMarked
package dev.perennial.port;

import org.jspecify.annotations.NullMarked;
