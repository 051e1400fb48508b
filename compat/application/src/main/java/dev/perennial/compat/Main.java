package dev.perennial.compat;

import java.util.concurrent.TimeoutException;

/** Starts the application without a framework. */
public final class Main {

  private Main() {}

  /**
   * Runs the application.
   *
   * @param arguments the addresses of Tap, MongoDB and Redis, and a number of events
   */
  public static void main(String[] arguments) throws InterruptedException, TimeoutException {
    try (Application application = new Application(arguments[0], arguments[1], arguments[2])) {
      application.run(Integer.parseInt(arguments[3]));
    }
  }
}
