package dev.perennial.cli.demo;

import dev.perennial.cli.demo.DemoReport.Row;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What became of the events of a demo.
 *
 * @param handledEvents the events that were handled
 * @param deadLetters the keys of the events whose dead letters could be read from the files, as
 *     often as each has one
 * @param handlerFailures how many attempts of the handler failed
 */
record DemoOutcome(HandledEvents handledEvents, List<String> deadLetters, long handlerFailures) {

  /** Returns how many of the given events were neither handled nor are dead letters. */
  int lost(Collection<String> expected) {
    Set<String> dead = new HashSet<>(deadLetters);
    return (int)
        expected.stream()
            .filter(key -> !handledEvents.keys().contains(key) && !dead.contains(key))
            .count();
  }

  /** Returns how many events were handled and are dead letters, which nothing explains. */
  int handledAndDead() {
    return (int) new HashSet<>(deadLetters).stream().filter(handledEvents.keys()::contains).count();
  }

  /**
   * Returns the counts of failures and repeats.
   *
   * @param repeated explains why events were handled again
   */
  List<Row> rows(String repeated) {
    int dead = new HashSet<>(deadLetters).size();
    List<Row> rows = new ArrayList<>();
    rows.add(
        new Row(
            "handler failures",
            handlerFailures,
            "retried, up to " + UnreliableService.ATTEMPTS + " attempts in all"));
    rows.add(new Row("dead letters", dead, "failed for good; read from their files"));
    if (deadLetters.size() > dead) {
      rows.add(new Row("dead letters again", deadLetters.size() - dead, repeated));
    }
    rows.add(new Row("handled again", handledEvents.repeats(), repeated));
    if (handledAndDead() > 0) {
      rows.add(new Row("handled and dead", handledAndDead(), "must not happen"));
    }
    return rows;
  }
}
