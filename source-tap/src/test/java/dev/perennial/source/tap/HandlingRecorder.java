package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.BatchHandler;
import dev.perennial.DeadLetterSink;
import dev.perennial.Delivery;
import dev.perennial.DeliveryHandler;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Records which events arrive, are given to a handler, and are done. An event is done when its
 * handler has returned or a sink has accepted it. Safe for use from any thread.
 */
final class HandlingRecorder {

  private final Queue<TapEvent> arrived = new ConcurrentLinkedQueue<>();
  private final Queue<TapEvent> begun = new ConcurrentLinkedQueue<>();
  private final Queue<TapEvent> done = new ConcurrentLinkedQueue<>();
  private final Set<Long> doneIds = ConcurrentHashMap.newKeySet();
  private final Set<String> busy = ConcurrentHashMap.newKeySet();
  private final Queue<String> overlaps = new ConcurrentLinkedQueue<>();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger mostRunning = new AtomicInteger();

  /** Returns the DID of an event, for which a stream asks once per event when it arrives. */
  @Nullable String didOf(TapEvent event) {
    arrived.add(event);
    return event.did();
  }

  DeliveryHandler<TapEvent> aroundHandler(DeliveryHandler<TapEvent> handler) {
    return delivery -> run(List.of(delivery.event()), () -> handler.handle(delivery));
  }

  BatchHandler<TapEvent> aroundBatches(BatchHandler<TapEvent> handler) {
    return batch ->
        run(batch.deliveries().stream().map(Delivery::event).toList(), () -> handler.handle(batch));
  }

  DeadLetterSink<TapEvent> aroundSink(DeadLetterSink<TapEvent> sink) {
    return (delivery, error) -> {
      sink.accept(delivery, error);
      addDone(delivery.event());
    };
  }

  private interface Work {
    void run() throws Exception;
  }

  private void run(List<TapEvent> events, Work work) throws Exception {
    begun.addAll(events);
    mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
    Set<String> dids =
        events.stream().map(TapEvent::did).filter(Objects::nonNull).collect(Collectors.toSet());
    dids.stream().filter(did -> !busy.add(did)).forEach(overlaps::add);
    try {
      work.run();
      events.forEach(this::addDone);
    } finally {
      busy.removeAll(dids);
      running.decrementAndGet();
    }
  }

  private void addDone(TapEvent event) {
    event.id().ifPresent(doneIds::add);
    done.add(event);
  }

  /** Returns how many times an event was given to a handler. */
  long handlings(long id) {
    return ids(begun).stream().filter(each -> each == id).count();
  }

  /** Returns the ids of the events as they were given to handlers. */
  List<Long> begun() {
    return ids(begun);
  }

  List<Long> arrived() {
    return ids(arrived);
  }

  List<Long> done() {
    return ids(done);
  }

  boolean isDone(long id) {
    return doneIds.contains(id);
  }

  int running() {
    return running.get();
  }

  int mostRunning() {
    return mostRunning.get();
  }

  private static List<Long> ids(Collection<TapEvent> events) {
    return events.stream().map(event -> event.id().orElse(0)).toList();
  }

  /** Checks that the events of each repo were done one after the other, as they arrived. */
  void assertInOrderPerRepo() {
    assertThat(overlaps).as("repos with two handlers at once").isEmpty();
    assertThat(byRepo(done)).isEqualTo(byRepo(arrived));
    byRepo(done).forEach((did, events) -> assertBarriers(events));
  }

  private static Map<String, List<TapEvent>> byRepo(Collection<TapEvent> events) {
    return events.stream()
        .filter(event -> event.did() != null)
        .collect(Collectors.groupingBy(event -> String.valueOf(event.did())));
  }

  /** Checks that nothing of a repo has passed a live event, in either direction. */
  private static void assertBarriers(List<TapEvent> events) {
    for (int i = 0; i < events.size(); i++) {
      for (int j = i + 1; j < events.size(); j++) {
        if (isLive(events.get(i)) || isLive(events.get(j))) {
          assertThat(events.get(i).id().orElseThrow()).isLessThan(events.get(j).id().orElseThrow());
        }
      }
    }
  }

  private static boolean isLive(TapEvent event) {
    return event instanceof TapRecord record && record.isLive();
  }
}
