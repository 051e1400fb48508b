package dev.perennial.examples.cli;

import dev.perennial.simulators.tap.TapEventSpec;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapIdentity;
import dev.perennial.source.tap.TapMalformed;
import dev.perennial.source.tap.TapRecord;
import dev.perennial.source.tap.TapUnknown;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Which events the demo's application has handled. Safe for use from any thread. */
class Tally {

  private final Set<String> handled = ConcurrentHashMap.newKeySet();
  private final LongAdder again = new LongAdder();

  /** Notes that an event was handled. */
  void handled(TapEvent event) {
    key(event).filter(key -> !handled.add(key)).ifPresent(key -> again.increment());
  }

  /** The keys of the events that were handled, as the simulator's ledger has them. */
  Set<String> keys() {
    return handled;
  }

  /** How many events were handled, each counted once. */
  int count() {
    return handled.size();
  }

  /** How many times an event was handled that had been handled before. */
  long again() {
    return again.sum();
  }

  private static Optional<String> key(TapEvent event) {
    if (event instanceof TapRecord record) {
      return Optional.of(
          TapEventSpec.recordKey(record.did(), record.rev(), record.collection(), record.rkey()));
    }
    if (event instanceof TapIdentity identity) {
      return Optional.of(
          TapEventSpec.identityKey(identity.did(), identity.handle(), identity.status().value()));
    }
    if (event instanceof TapUnknown unknown) {
      return Optional.of(rawKey(unknown, unknown.id()));
    }
    TapMalformed malformed = (TapMalformed) event;
    // Without an id it is noise on the line, and no event of the simulator's.
    return malformed.id().isPresent()
        ? Optional.of(rawKey(malformed, malformed.id().getAsLong()))
        : Optional.empty();
  }

  private static String rawKey(TapEvent event, long id) {
    return event.rawText().replace("\"id\":" + Long.toUnsignedString(id), "\"id\":$id");
  }
}
