/**
 * Helpers for tests of streams and adapters: a runtime of virtual time, scripted sources and an
 * in-memory checkpoint store. They depend on no test framework; the scheduler behind the runtime is
 * in {@code internal}.
 */
@NullMarked
package dev.perennial.testkit;

import org.jspecify.annotations.NullMarked;
