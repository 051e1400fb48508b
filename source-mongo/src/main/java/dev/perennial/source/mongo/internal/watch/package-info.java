/**
 * The options of a source, checked, and what of them is sent to the server. Sending it belongs to
 * the package {@code cursor}.
 */
@NullMarked
package dev.perennial.source.mongo.internal.watch;

import org.jspecify.annotations.NullMarked;
