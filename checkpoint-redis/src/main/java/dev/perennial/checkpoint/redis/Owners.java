package dev.perennial.checkpoint.redis;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Names those who claim: each try anew, so that no two claims are ever taken for one. A try that
 * was given up without an answer may have got the claim without knowing it; the next try need not
 * respect that one.
 */
final class Owners {

  private static final String PLACE = place();

  private final Map<String, String> givenUp = new ConcurrentHashMap<>();

  /**
   * One try to claim.
   *
   * @param owner who tries
   * @param abandoned who gave up before; empty if nobody did
   */
  record Attempt(Owners owners, String streamId, String owner, String abandoned) {

    /** The server has answered: if the one before had the claim, it has it no more. */
    void answered() {
      owners.givenUp.remove(streamId, abandoned);
    }

    /** Nobody knows whether the server has heard. */
    void failed() {
      owners.givenUp.put(streamId, owner);
    }
  }

  Attempt attempt(String streamId) {
    return new Attempt(
        this, streamId, PLACE + UUID.randomUUID(), givenUp.getOrDefault(streamId, ""));
  }

  /** Tells a person where to look for the owner. The host's name as the environment has it. */
  private static String place() {
    String host = System.getenv("HOSTNAME");
    if (host == null) {
      host = System.getenv("COMPUTERNAME");
    }
    return (host == null || host.isBlank() ? "" : host.strip() + "/")
        + ProcessHandle.current().pid()
        + "/";
  }
}
