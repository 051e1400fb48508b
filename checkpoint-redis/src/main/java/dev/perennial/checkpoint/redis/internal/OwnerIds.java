package dev.perennial.checkpoint.redis.internal;

import java.util.UUID;

/** Names those who claim: each try anew, so that no two claims are ever taken for one. */
final class OwnerIds {

  private static final String PLACE = place();

  private OwnerIds() {}

  static String next() {
    return PLACE + UUID.randomUUID();
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
