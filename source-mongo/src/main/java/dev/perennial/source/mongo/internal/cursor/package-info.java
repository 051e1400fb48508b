/**
 * Opens change streams, reads them, and recovers when one ends or is refused. What an event, a
 * position or an error is belongs to the packages below.
 */
@NullMarked
package dev.perennial.source.mongo.internal.cursor;

import org.jspecify.annotations.NullMarked;
