/**
 * Tests of core's engine through its public API, in virtual time. Each class tests one promise of a
 * stream. They are in this module because they need its runtime and sources. Tests of the test kit
 * itself are in the package above, and randomly disturbed runs are in {@code simulation}.
 */
@NullMarked
package dev.perennial.testkit.engine;

import org.jspecify.annotations.NullMarked;
