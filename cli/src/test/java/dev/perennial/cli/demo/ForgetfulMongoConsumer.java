package dev.perennial.cli.demo;

import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.OperationType;

/** The demo's application, made to ack deletes without handling them. */
final class ForgetfulMongoConsumer {

  private ForgetfulMongoConsumer() {}

  public static void main(String[] args) throws InterruptedException {
    System.exit(new MongoConsumer(ForgetfulMongoConsumer::handle).run(args[0], args[1]));
  }

  private static boolean handle(ChangeEvent event) {
    return !(event instanceof Change change) || change.operationType() != OperationType.DELETE;
  }
}
