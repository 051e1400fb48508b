package dev.perennial.examples;

import dev.perennial.EventStream;
import dev.perennial.source.tap.RecordAction;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapIdentity;
import dev.perennial.source.tap.TapMalformed;
import dev.perennial.source.tap.TapRecord;
import dev.perennial.source.tap.TapUnknown;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Handles every kind of Tap event: keeps the newest version of each record and the handle of each
 * account, and sets aside events that it cannot read. An event can come more than once, so handling
 * one again must have no effect.
 */
final class TapIndex {

  private final Map<String, String> records = new ConcurrentHashMap<>();
  private final Map<String, String> handles = new ConcurrentHashMap<>();
  private final List<String> setAside = new CopyOnWriteArrayList<>();

  /** Indexes until the stream is closed. An event is acked once it is in the index. */
  void run(EventStream<TapEvent> stream) throws InterruptedException {
    stream.consume(delivery -> handle(delivery.event()));
  }

  // tag::all-kinds
  void handle(TapEvent event) {
    if (event instanceof TapRecord record) {
      if (record.action().equals(RecordAction.DELETE)) {
        records.remove(record.uri());
      } else if (record.action().isKnown()) {
        // The record is absent if Tap could not decode it; this is a version of the record, too.
        records.put(record.uri(), record.record().map(Object::toString).orElse("{}"));
      } else {
        setAside.add(event.rawText());
      }
    } else if (event instanceof TapIdentity identity) {
      handles.put(identity.did(), identity.handle());
    } else if (event instanceof TapUnknown || event instanceof TapMalformed) {
      // Acked like the others, so Tap deletes it. Keep here what must not be lost.
      setAside.add(event.rawText());
    }
  }

  // end::all-kinds

  /** Returns the records by their URI. */
  Map<String, String> records() {
    return Map.copyOf(records);
  }

  /** Returns the handles of the accounts by DID. */
  Map<String, String> handles() {
    return Map.copyOf(handles);
  }

  /** Returns the messages that could not be read. */
  List<String> setAside() {
    return List.copyOf(setAside);
  }
}
