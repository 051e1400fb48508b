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
 * Every kind of event that Tap has: keeps the newest version of each record and the handle of each
 * account, and sets aside what it cannot read. Each step may be repeated without harm, because an
 * event can come more than once.
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
        // Absent where Tap itself could not decode the record: that, too, is a version of it.
        records.put(record.uri(), record.record().map(Object::toString).orElse("{}"));
      } else {
        setAside.add(event.rawText());
      }
    } else if (event instanceof TapIdentity identity) {
      handles.put(identity.did(), identity.handle());
    } else if (event instanceof TapUnknown || event instanceof TapMalformed) {
      // Acked like the others, and then Tap forgets it: what should not be lost is kept here.
      setAside.add(event.rawText());
    }
  }

  // end::all-kinds

  /** The records, by their addresses. */
  Map<String, String> records() {
    return Map.copyOf(records);
  }

  /** The accounts' handles, by DID. */
  Map<String, String> handles() {
    return Map.copyOf(handles);
  }

  /** The messages that this program could not read. */
  List<String> setAside() {
    return List.copyOf(setAside);
  }
}
