/** The cost of handling in order per key, beside another engine. */
@NullMarked
package dev.perennial.benchmarks.handling;

import org.jspecify.annotations.NullMarked;
