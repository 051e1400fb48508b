package dev.perennial;

import dev.perennial.port.Position;

/** The deliveries that are handed out or waiting. */
interface Window<E, P extends Position> {

  boolean ack(Delivery<E> delivery);

  boolean nack(Delivery<E> delivery);
}
