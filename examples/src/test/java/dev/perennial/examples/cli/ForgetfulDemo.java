package dev.perennial.examples.cli;

import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapIdentity;
import picocli.CommandLine;

/** The demo with an application that acks identities without handling them. */
final class ForgetfulDemo {

  private ForgetfulDemo() {}

  public static void main(String[] args) {
    Tally forgetful =
        new Tally() {
          @Override
          void handled(TapEvent event) {
            if (!(event instanceof TapIdentity)) {
              super.handled(event);
            }
          }
        };
    DemoCommand demo = new DemoCommand(forgetful);
    System.exit(Perennial.commandLine(new CommandLine(demo)).execute(args));
  }
}
