package dev.perennial.port;

/**
 * Where an event is in its source.
 *
 * <p>A small immutable value. Two positions are equal exactly if they mean the same event, {@code
 * hashCode} agrees with that, and {@code toString} is short and safe to log. Positions are never
 * ordered: their order is that of delivery.
 */
public interface Position {}
