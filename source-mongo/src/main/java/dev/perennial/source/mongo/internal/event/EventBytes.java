package dev.perennial.source.mongo.internal.event;

/**
 * The bytes of an event from the cursor. They are not decoded here, so reading them from the cursor
 * cannot fail, whatever they contain.
 *
 * @param bytes the bytes of exactly the event, which belong to the owner of this object
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared: it lives from the cursor to the reader.
public record EventBytes(byte[] bytes) {}
