/**
 * The driver's client, made by the source or given by the application: the check of its settings,
 * and the requests outside a change stream's cursor. Cursors belong to the package {@code cursor}.
 */
@NullMarked
package dev.perennial.source.mongo.internal.client;

import org.jspecify.annotations.NullMarked;
