package dev.perennial.cli.demo;

import dev.perennial.simulators.tap.TapEventSpec;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapIdentity;
import dev.perennial.source.tap.TapRecord;
import java.util.Optional;

/** The keys of events in the simulated Tap's ledger. */
final class TapEventKeys {

  private TapEventKeys() {}

  /** Returns the key of an event; empty for garbage, which is not in the ledger. */
  static Optional<String> of(TapEvent event) {
    if (event instanceof TapRecord record) {
      return Optional.of(
          TapEventSpec.recordKey(record.did(), record.rev(), record.collection(), record.rkey()));
    }
    if (event instanceof TapIdentity identity) {
      return Optional.of(
          TapEventSpec.identityKey(identity.did(), identity.handle(), identity.status().value()));
    }
    return event.id().isPresent()
        ? Optional.of(rawKey(event, event.id().getAsLong()))
        : Optional.empty();
  }

  private static String rawKey(TapEvent event, long id) {
    return event.rawText().replace("\"id\":" + Long.toUnsignedString(id), "\"id\":$id");
  }
}
