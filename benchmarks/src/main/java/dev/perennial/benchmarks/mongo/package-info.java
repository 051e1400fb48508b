/** What a change stream costs its client, measured in processes of their own. */
@NullMarked
package dev.perennial.benchmarks.mongo;

import org.jspecify.annotations.NullMarked;
