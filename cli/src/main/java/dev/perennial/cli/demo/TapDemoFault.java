package dev.perennial.cli.demo;

import dev.perennial.simulators.tap.TapSimulator;
import java.util.List;

/** The faults of the Tap demo, in the order in which they are injected. */
enum TapDemoFault {
  CUT("the server cuts the connection"),
  UNREADABLE("the server sends an event that does not fit Tap's format"),
  STALL("the connection stalls half-open: no data and no close, only pings detect it"),
  OVERSIZED("the server sends a message of 20 MiB, over the limit of 16 MiB"),
  POISON("the server sends 3 events that the handler cannot handle"),
  RESTART("the server restarts and forgets its latest deletions"),
  GARBAGE("the server sends bytes that are not a WebSocket frame"),
  CRASH("the application crashes with events in flight, and starts again");

  private static final long OVERSIZED_BYTES = 20L << 20;
  private static final String UNREADABLE_EVENT =
      "{\"id\":$id,\"type\":\"record\",\"record\":{\"did\":42}}";

  /** Values of a date that are none. */
  private static final List<String> TIMES = List.of("never", "soon", "later");

  private final String announcement;

  TapDemoFault(String announcement) {
    this.announcement = announcement;
  }

  String announcement() {
    return announcement;
  }

  /** Injects the fault if it is one of the server's. */
  void inject(TapSimulator tap) {
    switch (this) {
      case CUT -> tap.faults().cutConnections();
      case UNREADABLE -> tap.emitRaw("did:plc:unreadable", false, UNREADABLE_EVENT);
      case STALL -> tap.faults().stall();
      case OVERSIZED -> tap.faults().sendOversized(OVERSIZED_BYTES);
      case POISON -> TIMES.forEach(time -> emitPoison(tap, time));
      case RESTART -> tap.restart();
      case GARBAGE -> tap.faults().sendGarbage();
      case CRASH -> {} // TapDemo injects this one.
    }
  }

  private static void emitPoison(TapSimulator tap, String time) {
    tap.emitRecord(
        "did:plc:poison", "app.bsky.feed.post", time, true, "{\"createdAt\":\"" + time + "\"}");
  }
}
