/**
 * The scheduler of virtual threads and virtual time. The runtime that tests use, the scripted
 * sources and the store stay in the package above.
 */
@NullMarked
package dev.perennial.testkit.internal;

import org.jspecify.annotations.NullMarked;
