package dev.perennial.checkpoint.redis.internal;

import java.util.UUID;

/** The ids of claim owners: new for each attempt, so that no two claims share one. */
final class OwnerIds {

  private static final String PROCESS = process();

  private OwnerIds() {}

  static String next() {
    return PROCESS + UUID.randomUUID();
  }

  /** Returns host name and process id, so that a person can find the owner. */
  private static String process() {
    String host = System.getenv("HOSTNAME");
    if (host == null) {
      host = System.getenv("COMPUTERNAME");
    }
    return (host == null || host.isBlank() ? "" : host.strip() + "/")
        + ProcessHandle.current().pid()
        + "/";
  }
}
