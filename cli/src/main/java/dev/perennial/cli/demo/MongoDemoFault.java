package dev.perennial.cli.demo;

import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.simulators.mongo.ReplicaSetSimulator;

/** The faults of the MongoDB demo, in the order in which they are injected. */
enum MongoDemoFault {
  ELECTION("the primary crashes, and another member is elected"),
  CURSORS("an operator kills all cursors"),
  GARBAGE("the server sends a reply that is not a valid message"),
  INVALIDATE("the collection is dropped, which ends its change stream"),
  POISON("an order is inserted that the handler cannot handle"),
  CUT("all connections are cut"),
  RESTART("the consumer process is stopped, and starts again from its checkpoint"),
  KILL("the active consumer process is killed (SIGKILL); a standby waits for its claim");

  private final String announcement;

  MongoDemoFault(String announcement) {
    this.announcement = announcement;
  }

  String announcement() {
    return announcement;
  }

  /** Injects the fault if it is one of the server's. */
  void inject(ReplicaSetSimulator mongo, MongoWriter writer) {
    switch (this) {
      case ELECTION -> mongo.stopMember(mongo.primary());
      case CURSORS -> mongo.faults().killCursors();
      case GARBAGE -> mongo.faults().fail("getMore", 1, FaultSpec.garbage());
      case INVALIDATE -> writer.drop();
      case POISON -> writer.insertPoison();
      case CUT -> mongo.closeConnections();
      case RESTART, KILL -> {} // MongoDemo injects these.
    }
  }
}
