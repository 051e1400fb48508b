package dev.perennial.cli.demo;

import dev.perennial.cli.Perennial;
import picocli.CommandLine;

/** The demo with an application that acks identities without handling them. */
final class ForgetfulTapDemo {

  /** What an identity's key ends with, unlike a record's. */
  private static final String IDENTITY = " active";

  private ForgetfulTapDemo() {}

  public static void main(String[] args) {
    Tally forgetful =
        new Tally() {
          @Override
          void handled(String key) {
            if (!key.endsWith(IDENTITY)) {
              super.handled(key);
            }
          }
        };
    TapDemoCommand demo = new TapDemoCommand(forgetful);
    System.exit(Perennial.commandLine(new CommandLine(demo)).execute(args));
  }
}
