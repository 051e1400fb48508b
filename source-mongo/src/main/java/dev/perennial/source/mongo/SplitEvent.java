package dev.perennial.source.mongo;

/** The mark of a fragment of a split event. */
public interface SplitEvent {

  /** Returns the number of the fragment, from 1. */
  int fragment();

  /** Returns how many fragments the event has. */
  int of();
}
