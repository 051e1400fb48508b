package dev.perennial;

/**
 * A handler of batches, for {@link EventStream#consumeBatches}.
 *
 * @param <E> the type of the events
 */
@FunctionalInterface
public interface BatchHandler<E> {

  /**
   * Handles the events of a batch. When it returns, each is acked, unless the handler settled it
   * itself.
   *
   * @param batch at least one event, in the order of arrival
   * @throws Exception if the batch could not be handled: the {@link Handling} says what follows for
   *     the events that the handler has not settled. An {@link InterruptedException} is no failure;
   *     the events come again.
   */
  void handle(Batch<E> batch) throws Exception;
}
