package dev.perennial.source.mongo;

/**
 * Which part of a split event a fragment is.
 *
 * @param fragment its number, from 1
 * @param of how many there are
 */
public record SplitEvent(int fragment, int of) {}
