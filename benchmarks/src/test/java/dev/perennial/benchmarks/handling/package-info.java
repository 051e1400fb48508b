@NullMarked
package dev.perennial.benchmarks.handling;

import org.jspecify.annotations.NullMarked;
