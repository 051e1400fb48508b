/**
 * Change events read from BSON, and split ones joined. Nothing here knows a server, a cursor or
 * what a stream resumes from.
 */
@NullMarked
package dev.perennial.source.mongo.internal.event;

import org.jspecify.annotations.NullMarked;
