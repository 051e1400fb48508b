package dev.perennial.cli.demo;

import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.OperationType;

/** A consumer that acks deletes without handling them. */
final class LossyMongoConsumer {

  private LossyMongoConsumer() {}

  public static void main(String[] args) throws InterruptedException {
    System.exit(new MongoConsumer(LossyMongoConsumer::handle).run(args[0], args[1]));
  }

  private static boolean handle(ChangeEvent event) {
    return !(event instanceof Change change) || change.operationType() != OperationType.DELETE;
  }
}
