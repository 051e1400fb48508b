/**
 * Publishing and closing, and the one place that puts the parts of a stream together. Nothing but
 * the factory methods of the API uses this package.
 */
@NullMarked
package dev.perennial.internal.engine;

import org.jspecify.annotations.NullMarked;
