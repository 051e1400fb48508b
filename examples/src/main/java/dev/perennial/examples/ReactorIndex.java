package dev.perennial.examples;

import dev.perennial.EventStream;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.publisher.Mono;

/** Indexes the events of a stream with Reactor, several at a time. */
final class ReactorIndex {

  /** An index that is written without blocking a thread. */
  interface Index<E> {
    Mono<Void> put(E event);
  }

  private ReactorIndex() {}

  // tag::reactor
  static <E> Mono<Void> run(EventStream<E> stream, Index<E> index) {
    return JdkFlowAdapter.flowPublisherToFlux(stream.publisher())
        .flatMap(delivery -> index.put(delivery.event()).doOnSuccess(done -> delivery.ack()), 16)
        .then();
  }
  // end::reactor
}
