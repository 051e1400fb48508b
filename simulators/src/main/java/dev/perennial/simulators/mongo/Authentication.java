package dev.perennial.simulators.mongo;

import java.util.Set;

/** Who may do what: nobody logs in here, but logins and rights can be refused. */
final class Authentication {

  private static final Set<String> OPEN =
      Set.of(
          "hello",
          "ismaster",
          "isMaster",
          "saslStart",
          "saslContinue",
          "authenticate",
          "logout",
          "buildInfo",
          "buildinfo",
          "ping",
          "endSessions",
          "getnonce");

  private Authentication() {}

  static void check(Call call) {
    String name = call.request().name();
    Access access = call.set().access();
    if (access.credentialsRefused() && !OPEN.contains(name)) {
      throw new CommandError(13, "command " + name + " requires authentication");
    }
    if (access.streamsForbidden() && name.equals("aggregate")) {
      throw new CommandError(
          13,
          "not authorized on "
              + call.request().database()
              + " to execute command { aggregate: "
              + call.request().command().get("aggregate")
              + " }");
    }
  }

  /** Every login is answered the same, since there are no users. */
  static Reply saslStart(Call call) {
    throw new CommandError(18, "Authentication failed.");
  }
}
