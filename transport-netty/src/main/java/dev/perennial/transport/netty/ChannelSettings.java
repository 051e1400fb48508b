package dev.perennial.transport.netty;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;

/** What holds for every channel of a transport. */
record ChannelSettings(
    int maxMessageSize,
    Duration pingInterval,
    Duration pongTimeout,
    int inboxMessages,
    long inboxBytes,
    StreamRuntime runtime) {}
