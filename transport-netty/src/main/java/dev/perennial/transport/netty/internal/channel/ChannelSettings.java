package dev.perennial.transport.netty.internal.channel;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;

/** The settings of all channels of a transport. */
public record ChannelSettings(
    int maxMessageSize,
    Duration pingInterval,
    Duration pongTimeout,
    int inboxMessages,
    long inboxBytes,
    StreamRuntime runtime) {}
