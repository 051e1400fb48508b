/**
 * What errors of the driver and of the server mean for a stream, and the words they are told in.
 * What a stream then does about one belongs to the package {@code cursor}.
 */
@NullMarked
package dev.perennial.source.mongo.internal.error;

import org.jspecify.annotations.NullMarked;
