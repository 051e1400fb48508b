/** What an event costs. */
@NullMarked
package dev.perennial.benchmarks;

import org.jspecify.annotations.NullMarked;
