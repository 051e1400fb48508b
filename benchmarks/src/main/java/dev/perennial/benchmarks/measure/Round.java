package dev.perennial.benchmarks.measure;

/**
 * One process of one contender.
 *
 * @param cold what its first events took
 * @param steady what the measured ones took, after the warm-up
 */
public record Round(Usage cold, Usage steady) {}
