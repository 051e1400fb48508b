/** The command {@code ./perennial bench}: its arguments, and which comparisons it runs. */
@NullMarked
package dev.perennial.benchmarks.bench;

import org.jspecify.annotations.NullMarked;
