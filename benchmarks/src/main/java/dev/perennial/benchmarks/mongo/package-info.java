/** A replica set, and the clients that read the same change stream from it. */
@NullMarked
package dev.perennial.benchmarks.mongo;

import org.jspecify.annotations.NullMarked;
