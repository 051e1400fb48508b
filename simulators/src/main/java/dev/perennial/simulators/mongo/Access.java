package dev.perennial.simulators.mongo;

/** Whether clients may do what they ask for. Guarded by the replica set's lock. */
final class Access {

  private boolean credentialsRefused;
  private boolean streamsForbidden;
  private boolean ordinary;

  /** Whether a login fails, and what comes without one is refused. */
  boolean credentialsRefused() {
    return credentialsRefused;
  }

  void refuseCredentials(boolean refused) {
    credentialsRefused = refused;
  }

  /** Whether clients have only the rights of the role {@code read}. */
  boolean ordinary() {
    return ordinary;
  }

  void onlyOrdinary(boolean only) {
    ordinary = only;
  }

  /** Whether a stream is more than the client is allowed. */
  boolean streamsForbidden() {
    return streamsForbidden;
  }

  void forbidStreams(boolean forbidden) {
    streamsForbidden = forbidden;
  }
}
