package dev.perennial.source.mongo.internal.event;

/**
 * An event as it came from the cursor: only bytes, so that taking it off the cursor cannot fail,
 * whatever they are.
 *
 * @param bytes exactly the event's bytes, belonging to whoever has this
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared: it lives from the cursor to the reader.
public record EventBytes(byte[] bytes) {}
