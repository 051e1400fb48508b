package dev.perennial.cli.demo;

import dev.perennial.cli.Perennial;
import picocli.CommandLine;

/** The demo with a consumer that acks deletes without handling them. */
final class LossyMongoDemo {

  private LossyMongoDemo() {}

  public static void main(String[] args) {
    MongoDemoCommand demo = new MongoDemoCommand(LossyMongoConsumer.class);
    System.exit(Perennial.commandLine(new CommandLine(demo)).execute(args));
  }
}
