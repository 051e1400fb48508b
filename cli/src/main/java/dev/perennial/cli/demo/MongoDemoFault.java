package dev.perennial.cli.demo;

import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.simulators.mongo.ReplicaSetSimulator;

/** What goes wrong in the demo on a scripted replica set, in this order. */
enum MongoDemoFault {
  ELECTION("the primary crashes, and another member is elected"),
  CURSORS("an operator kills all cursors"),
  GARBAGE("an answer comes that is no message"),
  INVALIDATE("the collection is dropped, which ends its change stream"),
  CUT("all connections are cut"),
  RESTART("the application is stopped in good order, and starts anew from its checkpoint"),
  KILL("the active application is killed (SIGKILL); a standby waits for its checkpoint");

  private final String announcement;

  MongoDemoFault(String announcement) {
    this.announcement = announcement;
  }

  String announcement() {
    return announcement;
  }

  /** Brings about what is the server's fault. */
  void strike(ReplicaSetSimulator mongo, MongoWriter writer) {
    switch (this) {
      case ELECTION -> mongo.stopMember(mongo.primary());
      case CURSORS -> mongo.faults().killCursors();
      case GARBAGE -> mongo.faults().fail("getMore", 1, FaultSpec.garbage());
      case INVALIDATE -> writer.drop();
      case CUT -> mongo.closeConnections();
      case RESTART, KILL -> {} // The application's own.
    }
  }
}
