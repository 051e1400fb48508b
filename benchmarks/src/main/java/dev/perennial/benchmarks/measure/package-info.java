/**
 * The parts that all comparisons share: contenders in processes of their own, rounds, and the
 * report. It knows neither servers nor clients.
 */
@NullMarked
package dev.perennial.benchmarks.measure;

import org.jspecify.annotations.NullMarked;
