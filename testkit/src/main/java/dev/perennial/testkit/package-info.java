/**
 * Tools for tests of streams and adapters: a runtime with virtual time, scripted sources and an
 * in-memory checkpoint store. They need no test framework. The scheduler of the runtime is in
 * {@code internal}.
 */
@NullMarked
package dev.perennial.testkit;

import org.jspecify.annotations.NullMarked;
