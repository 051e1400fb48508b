package dev.perennial.simulators.mongo;

/** Whether clients may do what they ask for. Guarded by the replica set's lock. */
final class Access {

  private boolean credentialsRefused;
  private boolean streamsForbidden;

  /** Whether a login fails, and what comes without one is refused. */
  boolean credentialsRefused() {
    return credentialsRefused;
  }

  void refuseCredentials(boolean refused) {
    credentialsRefused = refused;
  }

  /** Whether an aggregate is more than the client is allowed. */
  boolean streamsForbidden() {
    return streamsForbidden;
  }

  void forbidStreams(boolean forbidden) {
    streamsForbidden = forbidden;
  }
}
