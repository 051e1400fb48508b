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

  /** Of what the role read allows, what is refused to somebody without it. */
  private static final Set<String> OF_READ = Set.of("aggregate", "listCollections");

  private Authentication() {}

  static void check(Call call) {
    String name = call.request().name();
    Access access = call.set().access();
    if (access.credentialsRefused() && !OPEN.contains(name)) {
      throw new CommandError(13, "command " + name + " requires authentication");
    }
    if ((access.streamsForbidden() && OF_READ.contains(name))
        || ((access.streamsForbidden() || access.ordinary()) && isOfClusterMonitor(call))) {
      throw new CommandError(
          13,
          "not authorized on "
              + call.request().database()
              + " to execute command { "
              + name
              + ": "
              + call.request().command().get(name)
              + " }");
    }
  }

  /** What needs the role clusterMonitor. */
  private static boolean isOfClusterMonitor(Call call) {
    String name = call.request().name();
    return name.startsWith("replSetGet")
        || (name.equals("find") && call.request().database().equals("config"));
  }

  /** Every login is answered the same, since there are no users. */
  static Reply saslStart(Call call) {
    throw new CommandError(18, "Authentication failed.");
  }
}
