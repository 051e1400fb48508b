/**
 * The tests of core's engine through its public API, in virtual time: each class tests one promise
 * of a stream. They live in this module because they need its runtime and sources; tests of the
 * test kit itself stay in the package above, and randomly disturbed runs are in {@code simulation}.
 */
@NullMarked
package dev.perennial.testkit.engine;

import org.jspecify.annotations.NullMarked;
