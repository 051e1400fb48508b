package dev.perennial.internal.engine;

import dev.perennial.Delivery;
import dev.perennial.internal.checkpoint.Checkpointing;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.window.DeliverySettlement;

/**
 * What follows a settlement: save requests, wake-ups, and the end of a failed stream's settle time.
 */
final class SettlementEffects implements DeliverySettlement.Listener {

  private final StreamContext context;
  private final Checkpointing checkpointing;
  private final Runnable settledAfterFailure;

  SettlementEffects(
      StreamContext context, Checkpointing checkpointing, Runnable settledAfterFailure) {
    this.context = context;
    this.checkpointing = checkpointing;
    this.settledAfterFailure = settledAfterFailure;
  }

  @Override
  public void acked() {
    checkpointing.acked();
    context.signal().raise();
    if (context.lifecycle().hasFailed()) {
      settledAfterFailure.run();
    }
  }

  @Override
  public void nacked() {
    // Unlike an ack, it ends a wait inside the connection: the event is to be handed out now.
    context.signal().wake();
  }

  @Override
  public void ackedTooLate(Delivery<?> delivery) {
    context.observer().lateAck(delivery.position());
  }
}
