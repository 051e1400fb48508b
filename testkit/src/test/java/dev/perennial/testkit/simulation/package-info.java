/**
 * The simulation of core's engine: random schedules of what servers, stores, networks and
 * applications do, with checks of the invariants. Tests that script one situation are in {@code
 * engine}.
 */
@NullMarked
package dev.perennial.testkit.simulation;

import org.jspecify.annotations.NullMarked;
