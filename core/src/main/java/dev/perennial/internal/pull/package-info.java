/** Pulling: what the methods of a stream hand out, and in which order. */
@NullMarked
package dev.perennial.internal.pull;

import org.jspecify.annotations.NullMarked;
