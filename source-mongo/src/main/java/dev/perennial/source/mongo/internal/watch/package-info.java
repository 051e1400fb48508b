/**
 * The checked options of a source, and the stages made of them for the server. Sending them belongs
 * to the package {@code cursor}.
 */
@NullMarked
package dev.perennial.source.mongo.internal.watch;

import org.jspecify.annotations.NullMarked;
