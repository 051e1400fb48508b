@NullMarked
package dev.perennial.benchmarks.mongo;

import org.jspecify.annotations.NullMarked;
