package dev.perennial.source.tap.internal.connection;

/**
 * An ack to send to Tap.
 *
 * @param connection the number of the connection that the event came on
 * @param id the event's id, unsigned
 */
public record Ack(long connection, long id) {}
