package dev.perennial.cli.demo;

import dev.perennial.cli.Perennial;
import picocli.CommandLine;

/** The demo with a consumer that acks identities without handling them. */
final class LossyTapDemo {

  /** The end of the key of an identity, which no record's key has. */
  private static final String IDENTITY = " active";

  private LossyTapDemo() {}

  public static void main(String[] args) {
    HandledEvents lossy =
        new HandledEvents() {
          @Override
          void add(String key) {
            if (!key.endsWith(IDENTITY)) {
              super.add(key);
            }
          }
        };
    TapDemoCommand demo = new TapDemoCommand(lossy);
    System.exit(Perennial.commandLine(new CommandLine(demo)).execute(args));
  }
}
