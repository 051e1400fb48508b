/**
 * The scheduler of simulated threads and virtual time. The classes that tests use are in {@code
 * dev.perennial.testkit}.
 */
@NullMarked
package dev.perennial.testkit.internal;

import org.jspecify.annotations.NullMarked;
