/**
 * The query language on documents and values: predicates, expressions, projections, update
 * operators, and cursors over results. Nothing here knows collections, the oplog or change streams.
 */
@NullMarked
package dev.perennial.simulators.mongo.query;

import org.jspecify.annotations.NullMarked;
