/** Virtual time, scripted sources and contracts, for tests of streams and adapters. */
@NullMarked
package dev.perennial.testkit;

import org.jspecify.annotations.NullMarked;
