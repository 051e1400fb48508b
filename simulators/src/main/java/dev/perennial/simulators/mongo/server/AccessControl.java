package dev.perennial.simulators.mongo.server;

import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.Request;
import java.util.Set;

/**
 * What clients are allowed to do. There are no users: logins and rights are refused to everyone or
 * to no one. Guarded by the replica set's lock.
 */
public final class AccessControl {

  private static final Set<String> ALLOWED_BEFORE_LOGIN =
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

  /** Commands that need the role {@code read}. */
  private static final Set<String> NEEDS_READ = Set.of("aggregate", "listCollections");

  private boolean credentialsRefused;
  private boolean streamsForbidden;
  private boolean readRoleOnly;

  /** Sets whether every login fails and commands without a login are refused. */
  public void refuseCredentials(boolean refused) {
    credentialsRefused = refused;
  }

  /** Sets whether clients have only the rights of the role {@code read}. */
  public void allowReadRoleOnly(boolean only) {
    readRoleOnly = only;
  }

  /** Sets whether clients have no rights at all, so that they may not open a change stream. */
  public void forbidStreams(boolean forbidden) {
    streamsForbidden = forbidden;
  }

  /** Fails with the server's error if the client may not run a command. */
  public void check(Request request) {
    String name = request.name();
    if (credentialsRefused && !ALLOWED_BEFORE_LOGIN.contains(name)) {
      throw new CommandError(13, "command " + name + " requires authentication");
    }
    boolean missesRead = streamsForbidden && NEEDS_READ.contains(name);
    boolean missesClusterMonitor =
        (streamsForbidden || readRoleOnly) && needsClusterMonitor(request);
    if (missesRead || missesClusterMonitor) {
      throw new CommandError(
          13,
          "not authorized on "
              + request.database()
              + " to execute command { "
              + name
              + ": "
              + request.command().get(name)
              + " }");
    }
  }

  private static boolean needsClusterMonitor(Request request) {
    String name = request.name();
    return name.startsWith("replSetGet")
        || (name.equals("find") && request.database().equals("config"));
  }
}
