package dev.perennial.examples;

import dev.perennial.EventStream;
import io.reactivex.rxjava3.core.Completable;
import io.reactivex.rxjava3.core.Flowable;
import org.reactivestreams.FlowAdapters;

/** Indexes the events of a stream with RxJava, several at a time. */
final class RxJavaIndex {

  /** An index that is written without blocking a thread. */
  interface Index<E> {
    Completable put(E event);
  }

  private RxJavaIndex() {}

  // tag::rxjava
  static <E> Completable run(EventStream<E> stream, Index<E> index) {
    return Flowable.fromPublisher(FlowAdapters.toPublisher(stream.publisher()))
        .flatMapCompletable(
            delivery -> index.put(delivery.event()).doOnComplete(delivery::ack), false, 16);
  }
  // end::rxjava
}
