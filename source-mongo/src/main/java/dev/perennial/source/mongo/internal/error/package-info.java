/**
 * What errors of the driver and of the server mean for a stream, and their messages. What the
 * source does about an error belongs to the package {@code cursor}.
 */
@NullMarked
package dev.perennial.source.mongo.internal.error;

import org.jspecify.annotations.NullMarked;
