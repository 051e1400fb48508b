/**
 * Deliveries that are not acked yet, and their settlement: the ack window of client-tracked streams
 * and the redelivery filter of server-tracked ones. When a checkpoint is saved is not decided here.
 */
@NullMarked
package dev.perennial.internal.window;

import org.jspecify.annotations.NullMarked;
