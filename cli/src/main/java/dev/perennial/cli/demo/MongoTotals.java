package dev.perennial.cli.demo;

import dev.perennial.cli.demo.ConsumerMessage.Figures;
import java.time.Duration;

/** The figures of the demo's applications, one after the other, added up. */
final class MongoTotals {

  private long reconnects;
  private long resumes;
  private long invalidates;
  private Duration takeover = Duration.ZERO;

  void add(Figures figures) {
    reconnects += figures.reconnects();
    resumes += figures.resumes();
    invalidates += figures.invalidates();
  }

  void tookOver(Duration after) {
    takeover = after;
  }

  long reconnects() {
    return reconnects;
  }

  long resumes() {
    return resumes;
  }

  long invalidates() {
    return invalidates;
  }

  /** How long after the kill the standby was connected. */
  Duration takeover() {
    return takeover;
  }
}
