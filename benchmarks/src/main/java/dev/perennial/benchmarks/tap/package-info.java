/** A Tap that costs as little as possible, and the clients that read from it. */
@NullMarked
package dev.perennial.benchmarks.tap;

import org.jspecify.annotations.NullMarked;
