package dev.perennial.port;

/**
 * The position of an event in its source.
 *
 * <p>A small immutable value. Two positions are equal exactly if they mean the same event, {@code
 * hashCode} agrees with that, and {@code toString} is short and safe to log. Positions have no
 * order: their order is that of delivery.
 */
public interface Position {}
