package dev.perennial.internal.handling;

import dev.perennial.internal.connection.PullGuard;
import dev.perennial.internal.pull.Puller;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.window.Window;

/** The parts of a stream from which its handlers get events. */
public record StreamParts<E>(
    StreamContext context, PullGuard guard, Puller<E, ?> puller, Window<E, ?> window) {}
