/** What handling in order per key costs, beside others' engines that do the same. */
@NullMarked
package dev.perennial.benchmarks.handling;

import org.jspecify.annotations.NullMarked;
