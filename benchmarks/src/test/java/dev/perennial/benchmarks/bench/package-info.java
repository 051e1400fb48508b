@NullMarked
package dev.perennial.benchmarks.bench;

import org.jspecify.annotations.NullMarked;
