/**
 * Reads change events from BSON and puts split ones together again. Nothing here knows a server, a
 * cursor or what a stream resumes from.
 */
@NullMarked
package dev.perennial.source.mongo.internal.event;

import org.jspecify.annotations.NullMarked;
