package dev.perennial.cli.demo;

import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.OperationType;
import java.io.IOException;

/** A consumer that acks deletes without handling them. */
final class LossyMongoConsumer {

  private LossyMongoConsumer() {}

  public static void main(String[] args) throws InterruptedException, IOException {
    System.exit(MongoConsumer.run(LossyMongoConsumer::handle, args));
  }

  private static boolean handle(ChangeEvent event) {
    return !(event instanceof Change change) || change.operationType() != OperationType.DELETE;
  }
}
