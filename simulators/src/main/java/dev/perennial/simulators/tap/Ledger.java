package dev.perennial.simulators.tap;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What became of all events that the simulator emitted, to compare a client's counts with.
 *
 * @param entries one for each event, in the order of emission, across restarts
 */
public record Ledger(List<Entry> entries) {

  /**
   * An event.
   *
   * @param id its id, an unsigned number, which another event may have had in an earlier run of the
   *     server
   * @param key identifies it among all events: {@link TapEventSpec#key()}
   * @param frames how many times it was written to a connection
   * @param acked whether an ack of its id came while the server had it
   * @param ackedTooEarly whether the first ack came before the event was ever written; a client
   *     that guards against this never causes it
   */
  public record Entry(long id, String key, int frames, boolean acked, boolean ackedTooEarly) {}

  public Ledger {
    entries = List.copyOf(entries);
  }

  /** The ids of the events that were acked. */
  public Set<Long> ackedIds() {
    return entries.stream().filter(Entry::acked).map(Entry::id).collect(Collectors.toSet());
  }

  /** The keys of the events that were never acked. */
  public Set<String> unackedKeys() {
    return entries.stream()
        .filter(entry -> !entry.acked())
        .map(Entry::key)
        .collect(Collectors.toSet());
  }

  /** The keys of the events that a client lost: all except those that it handled. */
  public Set<String> lost(Collection<String> handledKeys) {
    Set<String> lost =
        entries.stream().map(Entry::key).collect(Collectors.toCollection(HashSet::new));
    handledKeys.forEach(lost::remove);
    return lost;
  }
}
