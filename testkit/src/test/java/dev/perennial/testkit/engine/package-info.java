/**
 * What a stream promises, seen from outside, in virtual time: each class shows one of the promises.
 * The simulation beside it looks for the schedules that nobody thought of.
 */
@NullMarked
package dev.perennial.testkit.engine;

import org.jspecify.annotations.NullMarked;
