@NullMarked
package dev.perennial.benchmarks.measure;

import org.jspecify.annotations.NullMarked;
