package dev.perennial.cli.demo;

import dev.perennial.simulators.tap.TapSimulator;

/** What goes wrong in the demo on a simulated Tap, in this order. */
enum TapDemoFault {
  CUT("the server cuts the connection"),
  UNREADABLE("an event comes that does not fit Tap's format"),
  STALL("the connection stalls half-open: no data, no close, only pings tell"),
  OVERSIZED("a message of 20 MiB comes, over the limit of 16 MiB"),
  RESTART("the server restarts and forgets its latest deletions"),
  GARBAGE("the server sends bytes that are no WebSocket frame"),
  CRASH("the application dies with events in hand, and starts anew");

  private static final long OVERSIZED_BYTES = 20L << 20;
  private static final String UNREADABLE_EVENT =
      "{\"id\":$id,\"type\":\"record\",\"record\":{\"did\":42}}";

  private final String announcement;

  TapDemoFault(String announcement) {
    this.announcement = announcement;
  }

  String announcement() {
    return announcement;
  }

  /** Brings about what is the server's fault. */
  void strike(TapSimulator tap) {
    switch (this) {
      case CUT -> tap.faults().cutConnections();
      case UNREADABLE -> tap.emitRaw("did:plc:unreadable", false, UNREADABLE_EVENT);
      case STALL -> tap.faults().stall();
      case OVERSIZED -> tap.faults().sendOversized(OVERSIZED_BYTES);
      case RESTART -> tap.restart();
      case GARBAGE -> tap.faults().sendGarbage();
      case CRASH -> {} // The application's own.
    }
  }
}
