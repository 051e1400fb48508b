/**
 * The classification of errors from the driver and the server, and their messages. The source's
 * reaction to an error belongs to the package {@code cursor}.
 */
@NullMarked
package dev.perennial.source.mongo.internal.error;

import org.jspecify.annotations.NullMarked;
