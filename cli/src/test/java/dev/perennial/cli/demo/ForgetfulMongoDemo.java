package dev.perennial.cli.demo;

import dev.perennial.cli.Perennial;
import picocli.CommandLine;

/** The demo with an application that acks deletes without handling them. */
final class ForgetfulMongoDemo {

  private ForgetfulMongoDemo() {}

  public static void main(String[] args) {
    MongoDemoCommand demo = new MongoDemoCommand(ForgetfulMongoConsumer.class);
    System.exit(Perennial.commandLine(new CommandLine(demo)).execute(args));
  }
}
